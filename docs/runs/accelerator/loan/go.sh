# go.sh SECONDS
. $LOAN/s/env.sh
for i in $(seq 60); do [ -s $LOAN/attention ] && break; sleep 1; done
A=$(cat $LOAN/attention 2>/dev/null || echo plain); T=$1; echo "attention $A, $T s"
C="docs/runs/accelerator/chain.py"; R="--data $LOAN/d --runs $LOAN/runs --seconds $T --config.model.attention=$A"
setsid python3 $C mouths real_mouths $R --start $LOAN/start/mouths-lips.npz --lips-seconds $((T*38/100)) --config.lips:optim.lr=6e-3 --config.offsets:objective.strangers=0.5 > $LOAN/log/mouths.log 2>&1 &
echo $! > $LOAN/pid_mouths
setsid python3 $C frames real_frames $R --start $LOAN/start/mouths.npz --lips-seconds $((T*55/100)) > $LOAN/log/frames.log 2>&1 &
echo $! > $LOAN/pid_frames
setsid python3 $C faces real_faces $R --start $LOAN/start/faces-lips.npz --lips-seconds $((T*35/100)) --config.data.workers=2 --config.lips:optim.lr=5e-3 --config.offsets:objective.strangers=0.5 > $LOAN/log/faces.log 2>&1 &
echo $! > $LOAN/pid_faces
sleep 25; for p in optimisers objectives; do
  setsid python3 docs/runs/accelerator/ladder.py $p --data $LOAN/d --runs $LOAN/runs/l-$p --seconds $((T-25)) > $LOAN/log/$p.log 2>&1 &
  echo $! > $LOAN/pid_$p
done
