# SPDX-License-Identifier: Apache-2.0
# The manual page and the shell completions, which the program prints of its own command line, as files that can be installed.
# Included, it gives evobrnn_add_manual(); as a script it writes one of them: cmake -DPROGRAM=… -DWORDS=manual -DOUTPUT=… -P cmake/manual.cmake

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  execute_process(COMMAND ${PROGRAM} ${WORDS} OUTPUT_FILE ${OUTPUT}.part RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${PROGRAM} ${WORDS}: ${failed}")
  endif()
  file(RENAME ${OUTPUT}.part ${OUTPUT})
  return()
endif()

set(EVOBRNN_MANUAL_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

# Writes them at build time with the program target `program`, and installs them where the shells and man look.
function(evobrnn_add_manual program)
  include(GNUInstallDirs)
  set(files)
  foreach(entry "manual=evobrnn.1=${CMAKE_INSTALL_MANDIR}/man1" "completion bash=evobrnn=${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
      "completion zsh=_evobrnn=${CMAKE_INSTALL_DATADIR}/zsh/site-functions" "completion fish=evobrnn.fish=${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
    string(REPLACE "=" ";" entry ${entry})
    list(GET entry 0 words)
    list(GET entry 1 name)
    list(GET entry 2 folder)
    string(REPLACE " " ";" words ${words})
    set(file ${PROJECT_BINARY_DIR}/manual/${name})
    add_custom_command(OUTPUT ${file}
      COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> "-DWORDS=${words}" -DOUTPUT=${file} -P ${EVOBRNN_MANUAL_SCRIPT}
      DEPENDS ${program} VERBATIM)
    list(APPEND files ${file})
    install(FILES ${file} DESTINATION ${folder})
  endforeach()
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/manual)
  add_custom_target(manual ALL DEPENDS ${files})
endfunction()
