# Makes the corpus: cmake -DSAMPLES=... -DREPLAY=... -DROUNDS=N -DWORK=... -P corpus.cmake
# With REPLAY, feeds it to that program.
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${SAMPLES} ${WORK} COMMAND_ERROR_IS_FATAL ANY)
if(REPLAY)
  execute_process(COMMAND ${REPLAY} ${ROUNDS} ${WORK}/server/server.880.shunt
                          ${WORK}/threads/threads.900.shunt
                          ${WORK}/wsgi/wsgi.4200.shunt COMMAND_ERROR_IS_FATAL ANY)
endif()
