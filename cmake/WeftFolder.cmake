# SPDX-License-Identifier: Apache-2.0
# weft_folder(base SOURCES error.cc ... LINK torch::cpu ...): one static library per folder of the ladder.
# A folder with torch-free parts (parsers, formats) calls it twice, so that fuzzers and small tests link those alone.
function(weft_folder name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(weft_${name} STATIC ${ARG_SOURCES})
  target_include_directories(weft_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(weft_${name} PUBLIC ${ARG_LINK} PRIVATE weft_warnings)
endfunction()
