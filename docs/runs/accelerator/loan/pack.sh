cd $LOAN/runs
for f in mouths frames faces lips-faces; do [ -f $f.npz ] && cp $f.npz $OUT/; done
ls l-*/ladder/*.npz 2>/dev/null | split -n l/2 - $LOAN/half_
for h in aa ab; do tar cf $OUT/ladder_$h.tar -T $LOAN/half_$h 2>/dev/null; done
tar czf $OUT/logs.tgz $LOAN/log $LOAN/kernels.log l-*/ladder.jsonl l-*/ladder/*.jsonl */metrics.jsonl */config.json $LOAN/attention 2>/dev/null
ls -la $OUT; tail -n 3 $LOAN/log/*.log | cut -c1-300; nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv
