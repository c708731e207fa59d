# wait.sh SECONDS: kernels compile and wait for the card to be free
exec 9>$LOAN/kernels.lock; flock 9
. $LOAN/s/env.sh; cd $LOAN/repo
i=0
for v in "--attention fused --kernels 14" "--kernels 0" "--dim 264 --attention fused --kernels 0" "--config mouths --attention fused --kernels 0" "--config mouths --kernels 0"; do
  i=$((i+1)); nice -n 15 python3 docs/runs/accelerator/kernels.py $v > $LOAN/log/klast_$i.log 2>&1 9>&- &
done
end=$(($(date +%s)+$1))
alive() { for n in mouths frames faces; do kill -0 $(cat $LOAN/pid_$n) 2>/dev/null && return 0; done; return 1; }
while alive && [ $(date +%s) -lt $end ]; do sleep 1; done
date +%T
for n in optimisers objectives; do kill -9 -$(cat $LOAN/pid_$n) $(cat $LOAN/pid_$n); done 2>/dev/null
if alive; then for n in mouths frames faces; do kill -TERM $(cat $LOAN/pid_$n); done; sleep 10; fi
flock -u 9; sleep 9
bash $LOAN/s/pack.sh
tail -qn 1 $LOAN/log/klast_*.log
