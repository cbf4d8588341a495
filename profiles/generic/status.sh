#!/bin/sh
# Print running, success or failed for one job.
#   status.sh SCHEDULER ID
# A job that has ended by itself has left its exit code (submit.sh). One that has left none and is not in the queue any
# more was killed. A scheduler that does not answer proves nothing: the job counts as running and is asked for again.
set -u

scheduler=$1 id=$2
record=.snakemake/cluster/$id

ended_by_itself() {
  ls .snakemake/cluster > /dev/null 2>&1 # makes NFS look again
  code=$(cat "$record" 2> /dev/null)
  [ -n "$code" ] || return 1
  rm -f "$record"
  if [ "$code" = 0 ]; then echo success; else echo failed; fi
}

in_queue() {
  case $scheduler in
  pbs)
    answer=$(qstat "$id" 2>&1) || case $answer in *"Unknown Job"* | *"has finished"*) return 1 ;; esac
    ;;
  lsf)
    answer=$(bjobs -noheader -o stat "$id" 2>&1)
    case $answer in *"is not found"* | *DONE* | *EXIT*) return 1 ;; esac
    ;;
  sge)
    answer=$(qstat 2>&1) || return 0
    state=$(printf '%s\n' "$answer" | awk -v id="$id" '$1 == id { print $5; exit }')
    case $state in
    "") return 1 ;;
    *E*) # An error state: it would stay in the queue for ever, or start beside its next attempt.
      qdel "$id" > /dev/null 2>&1
      return 1
      ;;
    esac
    ;;
  esac
  return 0
}

# A code that a node has written may be seen here some seconds late.
for _ in 1 2 3 4 5; do
  ended_by_itself && exit
  if in_queue; then
    echo running
    exit
  fi
  sleep 2
done
echo failed
