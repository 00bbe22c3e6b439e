// Tests register themselves; main.cc runs them. A test fails on its first wrong value, with both
// values shown.
#ifndef EDGEC_TESTS_CHECK_H_
#define EDGEC_TESTS_CHECK_H_

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace edgec_test {

struct Case {
  const char* name;
  void (*body)();
  Case* next;
  Case(const char* name, void (*body)());
};

// Thrown by a failed check or a skip, caught by main.cc; carries nothing, the message is printed
// first.
struct Failed {};
struct Skipped {};

void Count();  // one more check has passed
[[noreturn]] void Fail(const char* file, int line, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
[[noreturn]] void Skip(const char* reason);
// Shown with a failure: which of many shapes, which ISA. Printf-like; "" to clear.
void Describe(const char* format, ...) __attribute__((format(printf, 1, 2)));

inline void Show(char* text, size_t size, double v) { std::snprintf(text, size, "%.9g", v); }
inline void Show(char* text, size_t size, const char* v) { std::snprintf(text, size, "'%s'", v); }
inline void Show(char* text, size_t size, long long v) { std::snprintf(text, size, "%lld", v); }
inline void Show(char* text, size_t size, const void* v) { std::snprintf(text, size, "%p", v); }
inline void Show(char* text, size_t size, unsigned long long v) {
  std::snprintf(text, size, "%llu", v);
}
inline double Widen(float v) { return v; }
inline double Widen(double v) { return v; }
inline const char* Widen(const char* v) { return v == nullptr ? "(null)" : v; }
inline const void* Widen(const void* v) { return v; }
inline const void* Widen(std::nullptr_t) { return nullptr; }
template <class T>
auto Widen(T v) -> decltype(static_cast<long long>(v)) {
  return static_cast<long long>(v);
}

inline bool Same(const char* a, const char* b) { return std::strcmp(a, b) == 0; }
template <class A, class B>
bool Same(A a, B b) {
  return a == b;
}

template <class A, class B>
void CheckEq(const A& a, const B& b, const char* text_a, const char* text_b, const char* file,
             int line) {
  const auto wide_a = Widen(a);
  const auto wide_b = Widen(b);
  if (Same(wide_a, wide_b)) return Count();
  char shown_a[128], shown_b[128];
  Show(shown_a, sizeof(shown_a), wide_a);
  Show(shown_b, sizeof(shown_b), wide_b);
  Fail(file, line, "%s is %s, but %s is %s", text_a, shown_a, text_b, shown_b);
}

}  // namespace edgec_test

#define EDGEC_TEST(name)                                     \
  static void name();                                        \
  static ::edgec_test::Case name##_registered(#name, &name); \
  static void name()

#define EDGEC_CHECK(condition)         \
  ((condition) ? ::edgec_test::Count() \
               : ::edgec_test::Fail(__FILE__, __LINE__, "not true: %s", #condition))

#define EDGEC_CHECK_EQ(a, b) ::edgec_test::CheckEq((a), (b), #a, #b, __FILE__, __LINE__)

// Ends the test as skipped, which is counted and shown, and is not a pass.
#define EDGEC_SKIP(reason) ::edgec_test::Skip(reason)

#endif  // EDGEC_TESTS_CHECK_H_
