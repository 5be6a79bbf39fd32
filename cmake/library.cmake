# What other projects link: two archives of the rooms' objects, each with what it needs.
#   Hypersphere::hypersphere  tensors, kernels for CPU and (where the build has it) CUDA, autograd, networks and solver
#   Hypersphere::faces        photographs, evaluation, search, training and the exchange of models
# A project finds them after find_package(Hypersphere [COMPONENTS faces]), or after add_subdirectory of this one.

# hypersphere_archive(NAME ROOM...): the objects of these rooms as lib<NAME>.a and Hypersphere::<NAME>.
function(hypersphere_archive name target)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_OBJECTS:hypersphere_\\1>" OUTPUT_VARIABLE objects)
  add_library(${target} STATIC ${objects})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME ${name})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                              $<INSTALL_INTERFACE:include/hypersphere>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  add_library(Hypersphere::${name} ALIAS ${target})
endfunction()

hypersphere_archive(hypersphere hypersphere_framework tensor kernels native cluster autograd nn)
set_target_properties(hypersphere_framework PROPERTIES OUTPUT_NAME hypersphere)
target_link_libraries(hypersphere_framework PUBLIC fmt::fmt nlohmann_json::nlohmann_json
                      PRIVATE OpenMP::OpenMP_CXX Threads::Threads PkgConfig::hwy PkgConfig::xxhash)
if(HYPERSPHERE_HAS_CUDA)
  target_link_libraries(hypersphere_framework PRIVATE CUDA::cudart_static)
  if(TARGET CUDA::cublasLt)
    target_link_libraries(hypersphere_framework PRIVATE CUDA::cublasLt)
  endif()
  foreach(library ${CUDNN_LIBRARY} ${NCCL_LIBRARY})
    target_link_libraries(hypersphere_framework PRIVATE ${library})
  endforeach()
endif()
if(MPI_CXX_FOUND)
  target_link_libraries(hypersphere_framework PRIVATE MPI::MPI_CXX)
endif()

hypersphere_archive(faces hypersphere_faces data exchange caffe report tensorboard evaluation search training)
target_link_libraries(hypersphere_faces PUBLIC hypersphere_framework
                      PRIVATE PkgConfig::zip PkgConfig::rsvg protobuf::libprotobuf onnx)
