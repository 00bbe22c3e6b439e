// edgec-tvm-rpc FOLDER SECONDS: what `edgec tune` starts on a board for each session.
// edgec-tvm-rpc --check: whether it starts there at all.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "rpc_session.h"

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--check") == 0) return 0;
  if (argc != 3) {
    std::fputs("edgec-tvm-rpc: FOLDER and SECONDS are needed\n", stderr);
    return 1;
  }
  return edgec_tvm_serve_rpc(argv[1], static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)));
}
