# SPDX-License-Identifier: Apache-2.0
# cmake --install BUILD --prefix DIR makes a tree that may be moved:
#   bin/weft, share/weft/recipes, share/doc/weft
# cmake --install BUILD --prefix DIR --component libtorch adds LibTorch's libraries under lib/weft, where bin/weft looks
# first; the tree then needs no LibTorch elsewhere.
include(GNUInstallDirs)
if(TARGET weft)
  install(TARGETS weft RUNTIME DESTINATION bin)
endif()
install(DIRECTORY configs/recipes/ DESTINATION share/weft/recipes FILES_MATCHING PATTERN "*.toml")
install(FILES LICENSE THIRD_PARTY.md DESTINATION share/doc/weft)

# libtorch_cpu.so finds CUDA's small neighbours in ../../nvidia of its own folder, so the two stay beside each other.
set(_neighbours "${WEFT_TORCH}/../nvidia")
set(_not_needed)
if(NOT WEFT_WITH_CUDA)
  set(_not_needed PATTERN "libtorch_cuda*" EXCLUDE PATTERN "libc10_cuda*" EXCLUDE PATTERN "libtorch_nvshmem*" EXCLUDE)
endif()
install(DIRECTORY "${WEFT_TORCH}/lib" DESTINATION lib/weft/torch COMPONENT libtorch EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN "*.so*" PATTERN "*python*" EXCLUDE ${_not_needed})
if(EXISTS "${_neighbours}")
  install(DIRECTORY "${_neighbours}" DESTINATION lib/weft COMPONENT libtorch EXCLUDE_FROM_ALL FILES_MATCHING PATTERN "*.so*")
endif()
