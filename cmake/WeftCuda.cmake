# SPDX-License-Identifier: Apache-2.0
# Sets WEFT_WITH_CUDA.  Where it is ON: the language CUDA for .cu files, and torch::cuda, which is torch::cpu with LibTorch's
# CUDA part, the CUDA runtime and NCCL.  Of the last two the copy is linked that libtorch_cuda finds by itself: beside it
# in the wheel, else the toolkit's.  Two copies in one process would know nothing of each other.
set(WEFT_WITH_CUDA OFF)
if(WEFT_CUDA STREQUAL "OFF")
  return()
endif()
find_program(WEFT_NVCC nvcc HINTS ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
find_library(WEFT_CUDA_DRIVER libcuda.so.1 NAMES libcuda.so.1)
if(NOT WEFT_CUDA STREQUAL "ON" AND NOT (WEFT_NVCC AND WEFT_CUDA_DRIVER))
  return()
endif()
get_filename_component(_toolkit "${WEFT_NVCC}" REALPATH)
get_filename_component(_toolkit "${_toolkit}/../.." ABSOLUTE)
get_filename_component(_neighbours "${WEFT_TORCH}/../nvidia" ABSOLUTE)
set(_torch_cuda "${WEFT_TORCH}/lib/libtorch_cuda.so")
find_library(WEFT_CUDART NAMES libcudart.so.13 PATHS "${_neighbours}/cu13/lib" "${_toolkit}/lib64" NO_DEFAULT_PATH)
find_library(WEFT_NCCL NAMES libnccl.so.2 PATHS "${_neighbours}/nccl/lib" "${_toolkit}/lib64")
find_path(WEFT_NCCL_INCLUDE nccl.h PATHS "${_neighbours}/nccl/include" "${_toolkit}/include")
foreach(_part WEFT_NVCC WEFT_CUDART WEFT_NCCL WEFT_NCCL_INCLUDE _torch_cuda)
  if(NOT EXISTS "${${_part}}")
    set(_problem "${_part} is \"${${_part}}\", which is not there; tools/setup cuda fetches what a CUDA 13 toolkit lacks")
    if(WEFT_CUDA STREQUAL "ON")
      message(FATAL_ERROR "WEFT_CUDA=ON: ${_problem}")
    endif()
    message(WARNING "CUDA is left out: ${_problem}")
    return()
  endif()
endforeach()

set(WEFT_WITH_CUDA ON)
set(CMAKE_CUDA_COMPILER "${WEFT_NVCC}")
set(CMAKE_CUDA_ARCHITECTURES "${WEFT_CUDA_ARCH}")
set(CMAKE_CUDA_FLAGS_RELWITHDEBINFO "-O2 -lineinfo -DNDEBUG")
set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
enable_language(CUDA)
set(CMAKE_CUDA_RUNTIME_LIBRARY None)  # CMake's own choice is a second, static copy
set(CMAKE_CUDA_EXTENSIONS OFF)
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # CMake 3.25 does not know that nvcc has it

add_library(torch_cuda_kept INTERFACE)
# libtorch_cuda's kernels register through static constructors that nothing refers to by name.  It names libraries that
# lie in the toolkit; they are found through an RPATH of the program, which unlike a RUNPATH holds for them too.
target_link_options(torch_cuda_kept INTERFACE
  "LINKER:--no-as-needed,${_torch_cuda},--as-needed" LINKER:--disable-new-dtags)
target_link_libraries(torch_cuda_kept INTERFACE
  "${WEFT_TORCH}/lib/libc10_cuda.so" "${WEFT_NCCL}" "${WEFT_CUDART}" torch::cpu)
target_include_directories(torch_cuda_kept SYSTEM INTERFACE "${_toolkit}/include" "${WEFT_NCCL_INCLUDE}")
add_library(torch::cuda ALIAS torch_cuda_kept)
foreach(_library WEFT_CUDART WEFT_NCCL)
  get_filename_component(_folder "${${_library}}" DIRECTORY)
  list(APPEND CMAKE_BUILD_RPATH "${_folder}")
endforeach()
list(APPEND CMAKE_BUILD_RPATH "${_toolkit}/lib64")
list(APPEND CMAKE_INSTALL_RPATH "${_toolkit}/lib64")
message(STATUS "CUDA ${CMAKE_CUDA_COMPILER_VERSION} in ${_toolkit} for ${WEFT_CUDA_ARCH}, NCCL ${WEFT_NCCL}")
