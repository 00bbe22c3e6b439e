# The only place where the name of an instruction set meets a compiler flag.
# A kernel file is named <kernel>_<isa>.cc; its flags follow from the suffix. Files whose instruction set
# does not exist on the architecture being compiled for are left out.
set(EDGEC_FLAGS_portable "")
set(EDGEC_FLAGS_avx2 -mavx2 -mfma)
set(EDGEC_FLAGS_avxvnni -mavxvnni -mavx2 -mfma)
set(EDGEC_FLAGS_avx512vnni -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mavx2 -mfma)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC's own AVX-512 header starts from undefined registers and warns about it (GCC bug 105593).
  list(APPEND EDGEC_FLAGS_avx512vnni -Wno-maybe-uninitialized -Wno-uninitialized)
endif()
set(EDGEC_FLAGS_neon "")
set(EDGEC_FLAGS_neondot -march=armv8.2-a+dotprod)
set(EDGEC_FLAGS_i8mm -march=armv8.2-a+dotprod+i8mm)
if(EDGEC_ZIG)  # zig names CPUs and features, not architectures
  set(EDGEC_FLAGS_neondot -mcpu=generic+dotprod)
  set(EDGEC_FLAGS_i8mm -mcpu=generic+dotprod+i8mm)
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(EDGEC_ISAS portable avx2 avxvnni avx512vnni)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-mavxvnni EDGEC_COMPILER_HAS_AVXVNNI)  # since GCC 11 and clang 12
  if(NOT EDGEC_COMPILER_HAS_AVXVNNI)
    list(REMOVE_ITEM EDGEC_ISAS avxvnni)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(EDGEC_ISAS portable neon neondot i8mm)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # These kernels fill the registers; loads moved up before registers are chosen cost copies between them.
    foreach(isa neon neondot i8mm)
      list(APPEND EDGEC_FLAGS_${isa} -fno-schedule-insns)
    endforeach()
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "arm")
  set(EDGEC_ISAS portable neon)
  set(EDGEC_FLAGS_neon -mfpu=neon-vfpv4)
else()
  set(EDGEC_ISAS portable)
endif()

# Every 64-bit ARM has NEON: a portable kernel with a NEON one beside it is only a reference there.
function(edgec_shrink_references FILES)
  foreach(file IN LISTS FILES)
    string(REGEX REPLACE "_([0-9]+[^_/]*_)?portable\\.cc$" "" kernel ${file})
    file(GLOB neon CONFIGURE_DEPENDS ${kernel}_*neon.cc)
    if(neon)
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
    endif()
  endforeach()
endfunction()

# Sets OUT to the kernel sources for this architecture, with their flags attached; defines
# EDGEC_ISA_<ISA>=1 for each instruction set that is built.
function(edgec_kernel_sources OUT)
  set(sources)
  foreach(isa IN LISTS EDGEC_ISAS)
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/kernels/*/*_${isa}.cc)
    set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS "${EDGEC_FLAGS_${isa}}")
    if(isa STREQUAL "portable" AND CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
      edgec_shrink_references("${files}")
    endif()
    list(APPEND sources ${files})
    string(TOUPPER ${isa} upper)
    add_compile_definitions(EDGEC_ISA_${upper}=1)
  endforeach()
  # Tables and packing of each family: plain C++, compiled for the lowest CPU.
  file(GLOB tables CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/kernels/*/*_table.cc)
  set(${OUT} ${sources} ${tables} PARENT_SCOPE)
endfunction()
