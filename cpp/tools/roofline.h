// What this machine could do at most, by short loops of our own: the roofline that layers are held
// against (Williams, Waterman, Patterson: Roofline, 2009).
#ifndef EDGEC_TOOLS_ROOFLINE_H_
#define EDGEC_TOOLS_ROOFLINE_H_

#include <cstdint>

#include "edgec/edgec.h"
#include "json.h"

namespace edgec {

// Of one core. Rates are per nanosecond: 1 is 10^9 multiply-adds or bytes a second.
class Roofline {
 public:
  // Within the instruction sets that `isa` implies (a name from edgec_isa_name()). Takes about
  // 100 ms. EDGEC_E_ISA for another name; EDGEC_E_MEMORY without the memory for it.
  edgec_status Measure(const char* isa);

  // The least time that a layer takes on `threads` cores: its multiply-adds at the compute peak of
  // its type, or its bytes once from the smallest buffer measured that holds them all, whichever is
  // longer. *compute: which one it was.
  uint64_t LeastNs(const edgec_layer_info& layer, uint32_t threads, bool* compute) const;

  void Describe(Json* json) const;  // one object, "roofline"

 private:
  static constexpr uint32_t kBuffers = 4;
  static constexpr uint64_t kBufferBytes[kBuffers] = {16u << 10, 256u << 10, 4u << 20, 32u << 20};

  double s8_macs_ = 0, f32_macs_ = 0;
  double read_bytes_[kBuffers] = {};
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_ROOFLINE_H_
