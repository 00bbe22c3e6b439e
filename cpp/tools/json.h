// Writes one JSON document to a stream, member after member; commas and escapes are taken care of.
#ifndef EDGEC_TOOLS_JSON_H_
#define EDGEC_TOOLS_JSON_H_

#include <cstdint>
#include <cstdio>

namespace edgec {

class Json {
 public:
  explicit Json(std::FILE* stream) : stream_(stream) {}

  // `key` is nullptr inside an array and for the document itself.
  void BeginObject(const char* key = nullptr) { Open(key, '{'); }
  void EndObject() { Close('}'); }
  void BeginArray(const char* key = nullptr) { Open(key, '['); }
  void EndArray() { Close(']'); }
  void String(const char* key, const char* text);
  void Integer(const char* key, int64_t value);
  void Unsigned(const char* key, uint64_t value);
  void Float(const char* key, float value);  // null if not finite: JSON has no word for it

  // Ends the document with a newline; false if the stream could not take everything.
  bool Finish();

 private:
  void Key(const char* key);
  void Quoted(const char* text);
  void Open(const char* key, char bracket);
  void Close(char bracket);

  std::FILE* stream_;
  bool first_ = true;  // no comma before the next member
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_JSON_H_
