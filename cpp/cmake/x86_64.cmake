# cmake -DCMAKE_TOOLCHAIN_FILE=cpp/cmake/x86_64.cmake: 64-bit x86 from another machine, or a static build with zig.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(EDGEC_GNU_PREFIX x86_64-linux-gnu)
set(EDGEC_ZIG_TARGET x86_64-linux-musl)
set(EDGEC_QEMU qemu-x86_64-static)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
