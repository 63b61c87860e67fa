// SPDX-License-Identifier: Apache-2.0
#include "launch/env_report.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <H5public.h>
#include <sched.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "launch/mpi_comm.h"

namespace weft {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "Clang " __clang_version__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

constexpr const char* kFlags[] = {"avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16"};

// The text after the colon of the first line that begins with `key`, e.g. in /proc/cpuinfo; "" where there is none.
std::string field_of(const char* file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (line.rfind(key, 0) != 0 || colon == std::string::npos) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::vector<std::string> cpu_flags() {
  const std::string x86 = field_of("/proc/cpuinfo", "flags");
  std::istringstream words(x86.empty() ? field_of("/proc/cpuinfo", "Features") : x86);
  std::vector<std::string> found;
  for (std::string word; words >> word;)
    for (const char* flag : kFlags)
      if (word == flag) found.push_back(word);
  return found;
}

double memory_gib() {
  std::istringstream total(field_of("/proc/meminfo", "MemTotal"));
  double kib = 0;
  total >> kib;
  return std::round(kib / (1 << 20) * 10) / 10;
}

int cores_allowed(int cores) {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : cores;
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  check(H5get_libversion(&major, &minor, &release) >= 0, "HDF5 does not tell its version; is the library whole?");
  return join(major, ".", minor, ".", release);
}

}  // namespace

Environment read_environment() {
  Environment e;
  e.weft = WEFT_VERSION;
  e.libtorch = TORCH_VERSION;
  e.mpi = mpi_version();
  e.hdf5 = hdf5_version();
  e.hdf5_headers = join(H5_VERS_MAJOR, ".", H5_VERS_MINOR, ".", H5_VERS_RELEASE);
  e.compiler = kCompiler;
  e.cpu = field_of("/proc/cpuinfo", "model name");
  e.cpu_flags = cpu_flags();
  e.cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  e.cores_allowed = cores_allowed(e.cores);
  e.memory_gib = memory_gib();
  e.gpus = static_cast<uint8_t>(at::detail::getCUDAHooks().deviceCount());
  e.nvidia_driver = std::filesystem::exists("/proc/driver/nvidia/version");
  return e;
}

std::string env_json(int ranks, int threads_per_rank) {
  const Environment e = read_environment();
  const nlohmann::ordered_json json = {{"weft", e.weft},
                                       {"libtorch", e.libtorch},
                                       {"mpi", e.mpi},
                                       {"hdf5", e.hdf5},
                                       {"hdf5_headers", e.hdf5_headers},
                                       {"compiler", e.compiler},
                                       {"cpu", e.cpu},
                                       {"cpu_flags", e.cpu_flags},
                                       {"cores", e.cores},
                                       {"cores_allowed", e.cores_allowed},
                                       {"memory_gib", e.memory_gib},
                                       {"gpus", e.gpus},
                                       {"nvidia_driver", e.nvidia_driver},
                                       {"ranks", ranks},
                                       {"threads_per_rank", threads_per_rank}};
  return json.dump(2);
}

}  // namespace weft
