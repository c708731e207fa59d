#!/usr/bin/env bash
# Installs the package with each of its extras into fresh environments and prints how large they are, as a markdown table.
#
#   docs/runs/install/sizes.sh            # PYTHON=python3.12 names the interpreter, KEEP=DIR keeps the environments
#
# The sizes are of site-packages without pip and setuptools, which every environment has; pip compiles what it installs,
# unless told --no-compile, so the bytecode stands apart.
set -euo pipefail
cd "$(dirname "$0")/../../.."

kept=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$kept"' EXIT

echo "| install | packages | MB | MB without bytecode | heaviest (MB) |"
echo "| --- | ---: | ---: | ---: | --- |"
for extra in "" title train all; do
  place="$kept/${extra:-base}"
  "${PYTHON:-python3}" -m venv "$place"
  "$place/bin/pip" install --quiet --disable-pip-version-check ".${extra:+[$extra]}" >&2
  packages=$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  count=$(find "$packages" -maxdepth 1 -name '*.dist-info' | grep -Evc '/(pip|setuptools)-')
  ours=(du -sm --exclude=pip --exclude=setuptools --exclude=pkg_resources)
  size=$("${ours[@]}" "$packages" | cut -f 1)
  bare=$("${ours[@]}" --exclude=__pycache__ "$packages" | cut -f 1)
  heaviest=$(cd "$packages" && du -sm -- * | grep -Ev '\s(pip|setuptools|pkg_resources)$' | sort -rn | head -n 8 | awk '{ printf "%s%s %s", sep, $2, $1; sep = ", " }')
  echo "| \`divas_jax${extra:+[$extra]}\` | $count | $size | $bare | $heaviest |"
done
