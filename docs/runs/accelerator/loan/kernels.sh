. $LOAN/s/env.sh
python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade --target $LOAN/site $LOAN/whl/*.whl; touch $LOAN/installed; echo installed $(date +%T)
K=docs/runs/accelerator
(python3 $K/attention.py > $LOAN/log/attention.log 2>&1 && echo fused > $LOAN/attention || echo plain > $LOAN/attention) &
i=0
for v in "--kernels 14" "--attention fused --kernels 14" "--dim 264 --attention fused --kernels 0" "--dim 240 --attention fused --kernels 0" "--dim 240 --kernels 0" "--config mouths --kernels 0" "--config mouths --attention fused --kernels 0"; do
  i=$((i+1)); timeout 120 python3 $K/kernels.py $v > $LOAN/log/kernels_$i.log 2>&1 &
done
wait; echo kernels done $(date +%T)
timeout 70 python3 -m divas_jax.benchmark --parts step --rounds 3 > $LOAN/log/step.log 2>&1; echo step done $(date +%T)
