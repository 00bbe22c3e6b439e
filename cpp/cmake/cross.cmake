# Shared by the toolchain files, which set:
#   EDGEC_GNU_PREFIX   the name of the distribution's cross compiler, before -g++
#   EDGEC_ZIG_TARGET   the same machine, as zig calls it
#   EDGEC_QEMU         the emulator of one program
# With -DEDGEC_ZIG=<path of zig>, zig's clang and musl are used instead of the distribution's g++ and glibc.
set(CMAKE_SYSTEM_NAME Linux)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EDGEC_ZIG)

if(EDGEC_ZIG)
  # CMake wants one file for each tool, zig is one program for all of them.
  set(wrappers ${CMAKE_BINARY_DIR}/zig)
  foreach(tool c++ ar ranlib)
    set(arguments ${tool})
    if(tool STREQUAL "c++")
      set(arguments "c++ -target ${EDGEC_ZIG_TARGET}")
    endif()
    if(NOT EXISTS ${wrappers}/${tool})
      file(WRITE ${wrappers}/${tool} "#!/bin/sh\nexec '${EDGEC_ZIG}' ${arguments} \"$@\"\n")
      execute_process(COMMAND chmod +x ${wrappers}/${tool})
    endif()
  endforeach()
  set(CMAKE_CXX_COMPILER ${wrappers}/c++)
  set(CMAKE_AR ${wrappers}/ar)
  set(CMAKE_RANLIB ${wrappers}/ranlib)
else()
  set(CMAKE_CXX_COMPILER ${EDGEC_GNU_PREFIX}-g++)
endif()

# ctest runs the tests on this machine, on a CPU chosen by QEMU_CPU: QEMU_CPU=cortex-a53 ctest
find_program(EDGEC_QEMU_PATH ${EDGEC_QEMU})
if(EDGEC_QEMU_PATH)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${EDGEC_QEMU_PATH})
endif()

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
