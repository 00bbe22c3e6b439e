# Flags of every target, as the interface library edgec_flags.
add_library(edgec_flags INTERFACE)
target_compile_features(edgec_flags INTERFACE cxx_std_17)
# A fused multiply-add rounds once where the reference rounds twice: never fuse behind our back.
target_compile_options(edgec_flags INTERFACE
  -ffp-contract=off -fno-math-errno -fno-trapping-math -fno-rtti
  -fvisibility=hidden -fvisibility-inlines-hidden -ffunction-sections -fdata-sections
  -Wall -Wextra $<$<BOOL:${EDGEC_WERROR}>:-Werror>)
if(NOT EDGEC_SANITIZE STREQUAL "")
  target_compile_options(edgec_flags INTERFACE
    -fsanitize=${EDGEC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(edgec_flags INTERFACE -fsanitize=${EDGEC_SANITIZE})
endif()
if(EDGEC_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(edgec_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
# Tests are no good with their asserts switched off.
if(EDGEC_TESTS OR EDGEC_FUZZ)
  target_compile_options(edgec_flags INTERFACE -UNDEBUG)
endif()
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
target_link_libraries(edgec_flags INTERFACE Threads::Threads)
