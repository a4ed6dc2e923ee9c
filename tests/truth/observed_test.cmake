# Tests that run a program bare and observed and compare (truth/bare_and_observed).

# add_observed_program(NAME SOURCE...): a program to run under the preload. It is optimised whatever
# the build type, without frame pointers, and never sanitized.
function(add_observed_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE shunt_flags ${CMAKE_DL_LIBS} pthread)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/truth)
  target_compile_options(${name} PRIVATE -O2 -fomit-frame-pointer -U_FORTIFY_SOURCE)
endfunction()

# add_observed_test(NAME PROGRAM [ROUTED] [ARGS ...] [PREPARE "ulimit ..."] [TRACES_ON_TMPFS SIZE])
function(add_observed_test name program)
  cmake_parse_arguments(arg "ROUTED" "PREPARE;TRACES_ON_TMPFS" "ARGS" ${ARGN})
  set(options)
  if(arg_ROUTED)
    list(APPEND options -r)
  endif()
  if(arg_PREPARE)
    list(APPEND options -p "${arg_PREPARE}")
  endif()
  if(arg_TRACES_ON_TMPFS)
    list(APPEND options -t ${arg_TRACES_ON_TMPFS})
  endif()
  add_test(NAME ${name}
           COMMAND ${PROJECT_SOURCE_DIR}/tests/truth/bare_and_observed ${options}
                   $<TARGET_FILE:shunt> $<TARGET_FILE:trace_check> $<TARGET_FILE:${program}>
                   ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60 LABELS observed)
endfunction()
