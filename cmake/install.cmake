# cmake --install: the program with its manual page and completions, and the library with its headers, by rooms.
include(GNUInstallDirs)
set(documents ${CMAKE_INSTALL_DATAROOTDIR}/doc/hypersphere)
include(CMakePackageConfigHelpers)

# Described by the program itself, from the options that it parses.
set(described ${PROJECT_BINARY_DIR}/described)
add_custom_command(
  OUTPUT ${described}/hypersphere.1.gz ${described}/hypersphere.bash ${described}/hypersphere.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${described}
  COMMAND hypersphere manual | gzip -9n > ${described}/hypersphere.1.gz
  COMMAND hypersphere completion bash > ${described}/hypersphere.bash
  COMMAND hypersphere completion fish > ${described}/hypersphere.fish
  DEPENDS hypersphere
  VERBATIM)
add_custom_target(hypersphere_described ALL DEPENDS ${described}/hypersphere.1.gz)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
install(TARGETS hypersphere)
install(FILES ${described}/hypersphere.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${described}/hypersphere.bash RENAME hypersphere
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${described}/hypersphere.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md DESTINATION ${documents})
install(DIRECTORY docs DESTINATION ${documents})

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
set(headers include/hypersphere)
foreach(room tensor cluster autograd nn apps/data apps/exchange apps/report apps/evaluation apps/search apps/training)
  file(GLOB public CONFIGURE_DEPENDS ${room}/*.h)
  install(FILES ${public} DESTINATION ${headers}/${room})
endforeach()
# Of the kernels, each operation's own header; the others are how it is done.
install(FILES kernels/profile.h DESTINATION ${headers}/kernels)
install(FILES kernels/cpu/simd.h DESTINATION ${headers}/kernels/cpu)
install(FILES kernels/cuda/runtime.h kernels/cuda/settings.h DESTINATION ${headers}/kernels/cuda)
install(FILES kernels/image/image_change.h DESTINATION ${headers}/kernels/image)
install(FILES kernels/softmax_parts/class_range.h DESTINATION ${headers}/kernels/softmax_parts)
file(GLOB operations CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/kernels kernels/*)
foreach(operation ${operations})
  if(EXISTS ${PROJECT_SOURCE_DIR}/kernels/${operation}/${operation}.h)
    install(FILES kernels/${operation}/${operation}.h DESTINATION ${headers}/kernels/${operation})
  endif()
endforeach()

set(config ${CMAKE_INSTALL_LIBDIR}/cmake/Hypersphere)
install(TARGETS hypersphere_framework EXPORT HypersphereTargets)
install(TARGETS hypersphere_faces EXPORT HypersphereFacesTargets)
install(EXPORT HypersphereTargets NAMESPACE Hypersphere:: DESTINATION ${config})
install(EXPORT HypersphereFacesTargets NAMESPACE Hypersphere:: DESTINATION ${config})
configure_package_config_file(cmake/HypersphereConfig.cmake.in ${PROJECT_BINARY_DIR}/HypersphereConfig.cmake
                              INSTALL_DESTINATION ${config} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/HypersphereConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/HypersphereConfig.cmake ${PROJECT_BINARY_DIR}/HypersphereConfigVersion.cmake
        DESTINATION ${config})
install(DIRECTORY examples DESTINATION ${documents})
