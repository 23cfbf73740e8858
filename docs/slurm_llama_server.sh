#!/usr/bin/env bash
#SBATCH --job-name=llama-server
#SBATCH --gres=gpu:1
#SBATCH --time=08:00:00
# One llama-server for each task of a Slurm job. Each writes its address into a folder that all machines see, and takes
# it away when it ends:
#
#     sbatch --array=1-4 slurm_llama_server.sh /models/model.gguf ~/servers --parallel 8 --ctx-size 65536
#     aa-tui eval $(cat ~/servers/*.url) --pack quick
#
# What follows the folder is given to llama-server; LLAMA_SERVER names the program, if it is not on the PATH.
set -euo pipefail
model=$1 folder=$2
shift 2
host=${SLURMD_NODENAME:-$(hostname)}
port=$(( 20000 + (${SLURM_ARRAY_TASK_ID:-0} + ${SLURM_JOB_ID:-$$}) % 20000 ))
mkdir -p "$folder"
note=$folder/${SLURM_JOB_ID:-$$}.url
"${LLAMA_SERVER:-llama-server}" --model "$model" --host "$host" --port "$port" --jinja "$@" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -f "$note"' EXIT
trap 'exit 143' TERM
until curl --silent --fail --output /dev/null "http://$host:$port/health"; do
    kill -0 "$server" 2>/dev/null || exit 1
    sleep 1
done
echo "http://$host:$port" > "$note"
wait "$server"
