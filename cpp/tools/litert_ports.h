// Inputs and outputs of a model's signatures.
#ifndef EDGEC_TOOLS_LITERT_PORTS_H_
#define EDGEC_TOOLS_LITERT_PORTS_H_

#include <deque>

#include "base/aligned_memory.h"
#include "litert_api.h"

namespace edgec {

// What it is, its memory, and LiteRT's view of that.
struct LiteRtPort {
  edgec_tensor_info info{};
  AlignedMemory memory;
  LiteRtHandle buffer = nullptr;
};

class LiteRtPorts {
 public:
  explicit LiteRtPorts(const LiteRtApi& api) : api_(api) {}

  // A new one, of zeros. It stays where it is.
  edgec_status Open(LiteRtHandle tensor, const char* name, LiteRtPort** made);
  // The first of that name, which an earlier segment has and a later one reads.
  edgec_status Find(LiteRtHandle tensor, const char* name, LiteRtPort** port);
  // Before the library goes.
  void Close();

 private:
  edgec_status Describe(LiteRtHandle tensor, const LiteRtTensorType& type,
                        edgec_tensor_info* info) const;

  const LiteRtApi& api_;
  std::deque<LiteRtPort> ports_;
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_LITERT_PORTS_H_
