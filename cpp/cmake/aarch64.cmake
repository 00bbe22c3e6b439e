# cmake -DCMAKE_TOOLCHAIN_FILE=cpp/cmake/aarch64.cmake: 64-bit ARM boards.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(EDGEC_GNU_PREFIX aarch64-linux-gnu)
set(EDGEC_ZIG_TARGET aarch64-linux-musl)
set(EDGEC_QEMU qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
