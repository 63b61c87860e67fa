# SPDX-License-Identifier: Apache-2.0
set(WEFT_TORCH_ROOT "" CACHE PATH "folder that holds LibTorch's include/ and lib/ (empty: search, see WeftTorch.cmake)")
set(WEFT_CUDA AUTO CACHE STRING "AUTO: on where a CUDA toolkit and an NVIDIA driver are; ON; OFF")
set_property(CACHE WEFT_CUDA PROPERTY STRINGS AUTO ON OFF)
set(WEFT_CUDA_ARCH 90 CACHE STRING "generations of GPUs to compile kernels for, e.g. 80;90")
set(WEFT_SANITIZE none CACHE STRING "none, address (with undefined) or thread")
option(WEFT_TESTS "build the tests" ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

find_program(WEFT_CCACHE ccache)
if(WEFT_CCACHE)
  # Paths count from the tree, so that another clone, and another preset, find what was compiled once.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${WEFT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# Our own code compiles without a warning; libraries come in as SYSTEM and are not judged.
add_library(weft_warnings INTERFACE)
set(_warnings -Wall -Wextra -Werror -Wno-missing-field-initializers)
target_compile_options(weft_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:C,CXX>:${_warnings}>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings;-Xcompiler=-Wall,-Wextra,-Werror>")
if(WEFT_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(WEFT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(NOT WEFT_SANITIZE STREQUAL "none")
  message(FATAL_ERROR "WEFT_SANITIZE is \"${WEFT_SANITIZE}\"; wanted none, address or thread")
endif()
