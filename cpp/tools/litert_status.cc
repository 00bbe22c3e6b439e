#include "litert_status.h"

#include "base/status.h"

namespace edgec {

const char* LiteRtMeaning(LiteRtStatus status) {
  switch (status) {
    case 1:
      return "an argument it does not take";
    case 2:
      return "no memory";
    case 3:
      return "a failure while it ran";
    case 5:
      return "it has no such operator or option";
    case 500:
      return "the file cannot be read";
    case 501:
      return "not a .tflite file, or a damaged one";
    case 504:
      return "the model cannot be compiled";
    default:
      return "a failure";
  }
}

edgec_status LiteRtCheck(LiteRtStatus status, const char* what) {
  if (status == 0) return EDGEC_OK;
  return Fail(EDGEC_E_RUNTIME, "LiteRT refuses '%s': %s (status %d)", what, LiteRtMeaning(status),
              status);
}

}  // namespace edgec
