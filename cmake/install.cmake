# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` and `cpack` give: program, libraries, headers, find_package(evobrnn), pkg-config files.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(EVOBRNN_INCLUDE_DIR ${CMAKE_INSTALL_INCLUDEDIR}/evobrnn)
foreach(target evobrnn_settings evobrnn_evolve evobrnn_view evobrnn_training evobrnn_core)
  string(REPLACE "evobrnn_" "" name ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  # <evobrnn/core/trial.hpp> for users, "core/trial.hpp" among the headers themselves.
  target_include_directories(${target} PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}> $<INSTALL_INTERFACE:${EVOBRNN_INCLUDE_DIR}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
endforeach()
install(TARGETS evobrnn_settings evobrnn_evolve evobrnn_view EXPORT evobrnn-evolve ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS evobrnn_training evobrnn_core EXPORT evobrnn-core ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS evobrnn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

include(${PROJECT_SOURCE_DIR}/cmake/public_headers.cmake)
foreach(header ${EVOBRNN_EVOLVE_HEADERS} ${EVOBRNN_PAGMO_HEADERS} ${EVOBRNN_CORE_HEADERS})
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${EVOBRNN_INCLUDE_DIR}/${folder})
endforeach()

set(EVOBRNN_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/evobrnn)
install(EXPORT evobrnn-evolve NAMESPACE evobrnn:: DESTINATION ${EVOBRNN_CMAKE_DIR})
install(EXPORT evobrnn-core NAMESPACE evobrnn:: DESTINATION ${EVOBRNN_CMAKE_DIR})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/evobrnnConfig.cmake.in ${PROJECT_BINARY_DIR}/evobrnnConfig.cmake
  INSTALL_DESTINATION ${EVOBRNN_CMAKE_DIR} PATH_VARS CMAKE_INSTALL_INCLUDEDIR EVOBRNN_INCLUDE_DIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/evobrnnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/evobrnnConfig.cmake ${PROJECT_BINARY_DIR}/evobrnnConfigVersion.cmake DESTINATION ${EVOBRNN_CMAKE_DIR})

# LibTorch's CMake package names include folders and libraries; pkg-config wants them as flags.
get_target_property(torch_includes torch INTERFACE_INCLUDE_DIRECTORIES)
list(TRANSFORM torch_includes PREPEND "-I" OUTPUT_VARIABLE torch_cflags)
list(JOIN torch_cflags " " EVOBRNN_TORCH_CFLAGS)
string(REGEX REPLACE "[^/]+" ".." EVOBRNN_PREFIX_FROM_PC "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
foreach(component evolve core)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/evobrnn-${component}.pc.in ${PROJECT_BINARY_DIR}/evobrnn-${component}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/evobrnn-${component}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

include(${PROJECT_SOURCE_DIR}/cmake/manual.cmake)
evobrnn_add_manual(evobrnn)

# What README.md and its like lead to, at the same places beside each other. Scripts stay executable.
install(DIRECTORY examples configs DESTINATION ${CMAKE_INSTALL_DOCDIR} USE_SOURCE_PERMISSIONS
  PATTERN build EXCLUDE PATTERN runs EXCLUDE PATTERN run EXCLUDE PATTERN __pycache__ EXCLUDE)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.md PATTERN *.json)
install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES python/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/python)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_VENDOR "the evobrnn authors")
set(CPACK_PACKAGE_CONTACT "the evobrnn authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The program needs what it is linked to, which dpkg-shlibdeps finds; who builds with the libraries needs theirs too.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "cmake, g++, pkg-config, libtorch-dev, libpagmo-dev, libtbb-dev, libboost-dev, libtomlplusplus-dev, libfmt-dev, nlohmann-json3-dev, libsqlitecpp-dev, libsqlite3-dev, libcurl4-openssl-dev, libssl-dev, libarchive-dev, libhwy-dev, zlib1g-dev")
include(CPack)
