// One session of TVM's RPC, for tuning on a board: over the standard input and output, so that the
// connection of SSH carries it and no port is open.
#ifndef EDGEC_TVM_RPC_SESSION_H_
#define EDGEC_TVM_RPC_SESSION_H_

#ifdef __cplusplus
extern "C" {
#endif

// Serves until the input ends, or kills the process after `seconds`. What is uploaded lies in
// `folder`. 0, or 1 with a sentence on the standard error. What TVM prints goes there, too.
__attribute__((visibility("default"))) int edgec_tvm_serve_rpc(const char* folder,
                                                               unsigned seconds);

#ifdef __cplusplus
}
#endif
#endif  // EDGEC_TVM_RPC_SESSION_H_
