#include "rpc_session.h"

#include <tvm/ffi/container/tensor.h>
#include <tvm/ffi/error.h>
#include <tvm/ffi/extra/module.h>
#include <tvm/ffi/function.h>
#include <tvm/ffi/reflection/registry.h>
#include <tvm/ffi/string.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

namespace ffi = tvm::ffi;

constexpr size_t kMostAtOnce = size_t{1} << 20;

// TVM's names for what a server offers: s_tir's tuner and tvm.rpc.RPCSession call them.
void Offer(const std::string& folder) {
  const auto path_of = [folder](const ffi::String& name) -> ffi::String {
    const std::string text = name;
    if (text.find('/') != std::string::npos) TVM_FFI_THROW(ValueError) << "a path: " << text;
    return folder + "/" + text;
  };
  ffi::reflection::GlobalDef()
      .def("tvm.rpc.server.workpath", path_of)
      .def("tvm.rpc.server.load_module",
           [path_of](const ffi::String& name) { return ffi::Module::LoadFromFile(path_of(name)); })
      // Between 1 and 2: no denormals, which take longer, and no overflow of sums.
      .def("tvm.contrib.random.random_fill_for_measure", [](DLTensor* tensor) {
        if (tensor->dtype.code != kDLFloat || tensor->dtype.bits != 32) {
          TVM_FFI_THROW(TypeError) << "float32 is filled";
        }
        const size_t count = ffi::GetDataSize(*tensor) / sizeof(float);
        float* values = static_cast<float*>(tensor->data);
        for (size_t i = 0; i < count; ++i) values[i] = 1 + static_cast<float>(i % 1021) / 1021;
      });
}

int64_t Send(int out, const ffi::Bytes& bytes) {
  const ssize_t sent = write(out, bytes.data(), bytes.size());
  return sent < 0 && errno == EINTR ? 0 : sent;
}

// Some bytes, at most so many; none at the end of the input.
ffi::Bytes Receive(int64_t most) {
  std::string bytes(std::min(static_cast<size_t>(most), kMostAtOnce), '\0');
  ssize_t got;
  do {
    got = read(STDIN_FILENO, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return ffi::Bytes(std::move(bytes));
}

}  // namespace

int edgec_tvm_serve_rpc(const char* folder, unsigned seconds) {
  const int out = dup(STDOUT_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  setenv("TVM_NUM_THREADS", "1", 1);
  alarm(seconds);
  try {
    Offer(folder);
    const auto send =
        ffi::Function::FromTyped([out](const ffi::Bytes& bytes) { return Send(out, bytes); });
    ffi::Function::GetGlobalRequired("rpc.ServerLoop")(send, ffi::Function::FromTyped(Receive));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "edgec-tvm-rpc: %s\n", error.what());
    _exit(1);
  }
  _exit(0);  // TVM's runtime and candidates have destructors that wait for one another
}
