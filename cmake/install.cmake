# Install rules, the exported CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

# `shunt run` looks for the library in lib*/shunt beside its own bin.
set(SHUNT_PRELOAD_DIR ${CMAKE_INSTALL_LIBDIR}/shunt)
set(SHUNT_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/shunt)

install(TARGETS shunt EXPORT shuntTargets LIBRARY DESTINATION ${SHUNT_PRELOAD_DIR})
install(TARGETS shunt_cli EXPORT shuntTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT shuntTargets NAMESPACE shunt:: DESTINATION ${SHUNT_PACKAGE_DIR})

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/shuntConfig.cmake.in ${PROJECT_BINARY_DIR}/shuntConfig.cmake
  INSTALL_DESTINATION ${SHUNT_PACKAGE_DIR} PATH_VARS CMAKE_INSTALL_INCLUDEDIR SHUNT_PRELOAD_DIR)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/shuntConfigVersion.cmake
  VERSION ${PROJECT_VERSION}
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/shuntConfig.cmake
              ${PROJECT_BINARY_DIR}/shuntConfigVersion.cmake
        DESTINATION ${SHUNT_PACKAGE_DIR})

# pkg-config finds its prefix from the place of the file: the tree can be moved.
file(RELATIVE_PATH SHUNT_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" SHUNT_PC_PREFIX "${SHUNT_PC_PREFIX}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/shunt.pc.in ${PROJECT_BINARY_DIR}/shunt.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/shunt.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(EXISTS ${PROJECT_SOURCE_DIR}/include/shunt.h)
  install(FILES ${PROJECT_SOURCE_DIR}/include/shunt.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
file(GLOB man_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.1)
if(man_pages)
  install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
file(GLOB schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/schema/*.json)
if(schemas)
  install(FILES ${schemas} DESTINATION ${CMAKE_INSTALL_DATADIR}/shunt/schema)
endif()
