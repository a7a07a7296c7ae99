# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a header with the git revision of SOURCE_DIR, when it changed.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 OUTPUT_VARIABLE revision
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT revision)
  set(revision unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#pragma once\n#define EVOBRNN_REVISION \"${revision}\"\n")
