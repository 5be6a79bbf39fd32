# cpack, after a build: hypersphere_*.deb, the program, and libhypersphere-dev_*.deb, the library.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hypersphere)
set(CPACK_PACKAGE_CONTACT "The Hypersphere developers <developers@hypersphere.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME hypersphere)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "One program that trains SphereFace networks on photographs, verifies and finds faces
with them, and draws what the paper claims.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libhypersphere-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libfmt-dev, nlohmann-json3-dev, libhwy-dev, libxxhash-dev, libzip-dev, librsvg2-dev, libprotobuf-dev, libonnx-dev, libopenmpi-dev, pkg-config")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Tensors, autograd, convolution kernels and SphereFace networks for programs in C++20:
archives, headers, examples and what CMake's find_package needs.")
include(CPack)
