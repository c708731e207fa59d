# data.sh N
mv .gpu/p$1/part $LOAN/parts/$1; ls -la $LOAN/parts
if [ $1 = 4 ]; then cat $LOAN/parts/[1-4] | tar xf - -C $LOAN/d && mv $LOAN/d/start $LOAN/start && ls $LOAN/d $LOAN/start; fi
cat $LOAN/kernels.log; tail -n 2 $LOAN/log/*.log
