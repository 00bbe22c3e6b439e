# cmake -DCMAKE_TOOLCHAIN_FILE=cpp/cmake/armv7.cmake: 32-bit ARM boards with hardware floating point.
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(EDGEC_GNU_PREFIX arm-linux-gnueabihf)
set(EDGEC_ZIG_TARGET arm-linux-musleabihf)
set(EDGEC_QEMU qemu-arm-static)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
