#!/bin/sh
# Hand one job to PBS, LSF or SGE and print its id.
#   submit.sh SCHEDULER QUEUE OPTIONS RULE THREADS MEMORY_MB MINUTES CARDS SCRIPT
# The memory, the minutes and the cards are those of the whole job.
set -eu

# What sites name differently. SGE: `qconf -spl` lists parallel environments, `qconf -sc` resources.
sge_parallel_environment=smp
sge_memory=h_vmem
sge_cards=gpu

scheduler=$1 queue=$2 options=$3 rule=$4 threads=$5 memory=$6 minutes=$7 cards=$8 script=$9

logs=logs/cluster
records=$PWD/.snakemake/cluster
mkdir -p "$logs" "$records"

# The job leaves its exit code in a file named by its id: schedulers forget ended jobs, some at once.
recorded() {
  printf '#!/bin/sh\ntrap '\''echo $? > "%s/$%s"'\'' EXIT\n' "$records" "$1"
  cat "$script"
}

# $options is meant to fall into words.
case $scheduler in
pbs)
  select="select=1:ncpus=$threads:mem=${memory}mb"
  [ "$cards" -eq 0 ] || select="$select:ngpus=$cards"
  walltime=$(printf '%d:%02d:00' $((minutes / 60)) $((minutes % 60)))
  recorded PBS_JOBID |
    qsub -N "$rule" -V -j oe -o "$logs/" -S /bin/sh -l "$select" -l "walltime=$walltime" \
      ${queue:+-q "$queue"} $options
  ;;
lsf)
  gpu=
  [ "$cards" -eq 0 ] || gpu="num=$cards"
  answer=$(recorded LSB_JOBID |
    bsub -J "$rule" -o "$logs/$rule.%J.log" -n "$threads" -R "span[hosts=1] rusage[mem=${memory}MB]" \
      -M "${memory}MB" -W "$minutes" ${gpu:+-gpu "$gpu"} ${queue:+-q "$queue"} $options)
  printf '%s\n' "$answer" | sed -n 's/^Job <\([0-9]*\)>.*/\1/p'
  ;;
sge)
  # SGE counts memory per slot.
  per_slot=$(((memory + threads - 1) / threads))
  resources="$sge_memory=${per_slot}M,h_rt=$((minutes * 60))"
  [ "$cards" -eq 0 ] || resources="$resources,$sge_cards=$cards"
  recorded JOB_ID |
    qsub -terse -N "$rule" -V -cwd -j y -o "$logs/" -S /bin/sh -pe "$sge_parallel_environment" "$threads" \
      -l "$resources" ${queue:+-q "$queue"} $options
  ;;
*)
  echo "profiles/generic/profile.yaml: no scheduler \"$scheduler\"; set pbs, lsf or sge" >&2
  exit 1
  ;;
esac
