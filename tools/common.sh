# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by the scripts a person starts (setup, quickstart, test, .ci/run): progress, one-line failures, prefixes, ranks.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${WEFT_CACHE:-${HOME:?is not set}/.cache/weft}
torch_folder=$cache/libtorch-2.11.0
lint_folder=$cache/lint-19.1
me=$(basename "$0")

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
die() {
  printf '%s: %s\n' "$me" "$*" >&2
  exit 1
}

# use_prefix DIR: programs, headers, libraries and shared files under DIR are found before the system's.
use_prefix() {
  [ -d "$1" ] || die "--prefix $1: no such folder"
  export WEFT_PREFIX
  WEFT_PREFIX=$(cd "$1" && pwd)
  export PATH=$WEFT_PREFIX/bin:$PATH
  local arch libraries=$WEFT_PREFIX/lib settings=$WEFT_PREFIX/lib/pkgconfig:$WEFT_PREFIX/share/pkgconfig
  arch=$(c++ -dumpmachine 2>/dev/null || true)
  arch=${arch/-pc-/-}
  if [ -d "$WEFT_PREFIX/lib/$arch" ]; then  # Debian's layout
    libraries=$libraries:$WEFT_PREFIX/lib/$arch
    settings=$settings:$WEFT_PREFIX/lib/$arch/pkgconfig
    export CPATH=$WEFT_PREFIX/include/$arch${CPATH:+:$CPATH}
  fi
  export CMAKE_PREFIX_PATH=$WEFT_PREFIX${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}
  export PKG_CONFIG_PATH=$settings${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
  export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

# torch_is_there: looks where cmake/WeftTorch.cmake looks; a torch of Python's own counts only where nothing is installed.
torch_is_there() {
  local place
  for place in "${WEFT_TORCH_ROOT:-}" "${WEFT_PREFIX:-}" "${WEFT_PREFIX:-}/torch" "${WEFT_PREFIX:-}/libtorch" "$torch_folder/torch"; do
    if [ -e "$place/lib/libtorch_cpu.so" ]; then return 0; fi
  done
  [ -n "${WEFT_PREFIX:-}" ] && python3 -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' 2>/dev/null
}

# What Open MPI needs where root starts ranks, and in containers that forbid one process to read another's memory.
mpi_environment() {
  if [ "$(id -u)" = 0 ]; then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
  export OMPI_MCA_btl_vader_single_copy_mechanism=none
}

# with_ranks N COMMAND...: N ranks on this host, its cores shared out among them.
with_ranks() {
  local ranks=$1 cores slots threads
  shift
  cores=$(nproc)
  slots=$(lscpu -b -p=Core,Socket 2>/dev/null | grep -v '^#' | sort -u | wc -l || true)  # mpirun counts cores, not hyper-threads
  threads=$((cores / ranks > 0 ? cores / ranks : 1))
  local options=(-np "$ranks" --bind-to none)
  if [ "$ranks" -gt "$slots" ]; then options+=(--oversubscribe); fi
  mpi_environment
  OMP_NUM_THREADS=$threads mpirun "${options[@]}" "$@"
}
