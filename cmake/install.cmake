# Install rules, the exported CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)
set(pluginsdir ${CMAKE_INSTALL_LIBDIR}/shunt)
install(TARGETS shunt EXPORT shuntTargets LIBRARY DESTINATION ${pluginsdir})
install(TARGETS shunt_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
