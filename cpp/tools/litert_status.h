// What LiteRT's functions return.
#ifndef EDGEC_TOOLS_LITERT_STATUS_H_
#define EDGEC_TOOLS_LITERT_STATUS_H_

#include "litert_api.h"

namespace edgec {

const char* LiteRtMeaning(LiteRtStatus status);

// EDGEC_E_RUNTIME, and a sentence, unless all is fine.
edgec_status LiteRtCheck(LiteRtStatus status, const char* what);

}  // namespace edgec
#endif  // EDGEC_TOOLS_LITERT_STATUS_H_
