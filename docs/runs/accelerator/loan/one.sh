# first call: sets up, starts the kernels' part
rm -rf $LOAN/repo; mkdir -p $LOAN/d $LOAN/runs $LOAN/log $LOAN/parts; cp -r .gpu/s $LOAN/s; mkdir -p $LOAN/whl; cp .gpu/whl/*.whl $LOAN/whl/
mkdir $LOAN/repo; cp -r divas_jax configs docs tests setup.py pyproject.toml README.md $LOAN/repo/
nvidia-smi -L; nproc; date +%T
setsid bash $LOAN/s/kernels.sh > $LOAN/kernels.log 2>&1 &
