#include "base/thread_pool.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <vector>

namespace edgec {
namespace {

constexpr uint32_t kMaxThreads = 256;
constexpr size_t kStackBytes = 1u << 20;
// Some ten microseconds, the usual gap between two layers; then a thread sleeps. x86's pause takes
// 40 to 140 cycles, ARM's yield hardly any.
#if defined(__x86_64__) || defined(__i386__)
constexpr uint32_t kSpins = 500;
#else
constexpr uint32_t kSpins = 5000;
#endif

void Relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

}  // namespace

// A worker waits for its ticket to change, first spinning, then on the condition. Its job is
// written before the ticket (release) and read after it (acquire); the caller waits until `running`
// is zero before the next job.
struct ThreadPool::State {
  struct alignas(64) Worker {
    std::atomic<uint32_t> ticket{0};
    size_t begin = 0;
    size_t end = 0;
    State* state = nullptr;
    uint32_t thread = 0;
    pthread_t handle{};
  };

  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
  pthread_cond_t done = PTHREAD_COND_INITIALIZER;
  uint32_t sleeping = 0;         // workers inside pthread_cond_wait; under the mutex
  bool caller_sleeping = false;  // under the mutex
  bool stop = false;             // written before the last ticket
  uint32_t spins = 0;
  Body body = nullptr;
  void* context = nullptr;
  std::atomic<uint32_t> running{0};
  std::unique_ptr<Worker[]> workers;  // worker i is thread i + 1
  uint32_t worker_count = 0;

  static void* Main(void* argument);
  void WaitForTicket(Worker& worker, uint32_t last);
  void WaitForWorkers();
  void Start(uint32_t active);
};

void ThreadPool::State::WaitForTicket(Worker& worker, uint32_t last) {
  for (uint32_t i = 0; i < spins; ++i) {
    if (worker.ticket.load(std::memory_order_acquire) != last) return;
    Relax();
  }
  pthread_mutex_lock(&mutex);
  ++sleeping;
  while (worker.ticket.load(std::memory_order_acquire) == last) pthread_cond_wait(&wake, &mutex);
  --sleeping;
  pthread_mutex_unlock(&mutex);
}

void* ThreadPool::State::Main(void* argument) {
  Worker& self = *static_cast<Worker*>(argument);
  State& state = *self.state;
  for (uint32_t ticket = 0;; ++ticket) {
    state.WaitForTicket(self, ticket);
    if (state.stop) return nullptr;
    state.body(state.context, self.begin, self.end, self.thread);
    if (state.running.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      pthread_mutex_lock(&state.mutex);
      if (state.caller_sleeping) pthread_cond_signal(&state.done);
      pthread_mutex_unlock(&state.mutex);
    }
  }
}

// The tickets change under the mutex, so a worker that is about to sleep cannot miss its wake-up.
void ThreadPool::State::Start(uint32_t active) {
  running.store(active, std::memory_order_relaxed);
  pthread_mutex_lock(&mutex);
  for (uint32_t i = 0; i < active; ++i) workers[i].ticket.fetch_add(1, std::memory_order_release);
  if (sleeping > 0) pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&mutex);
}

void ThreadPool::State::WaitForWorkers() {
  for (uint32_t i = 0; i < spins; ++i) {
    if (running.load(std::memory_order_acquire) == 0) return;
    Relax();
  }
  pthread_mutex_lock(&mutex);
  caller_sleeping = true;
  while (running.load(std::memory_order_acquire) != 0) pthread_cond_wait(&done, &mutex);
  caller_sleeping = false;
  pthread_mutex_unlock(&mutex);
}

ThreadPool::ThreadPool(uint32_t threads) : state_(new State) {
  if (threads > kMaxThreads) threads = kMaxThreads;
  if (threads <= 1) return;
  State& state = *state_;
  // Spinning on a core that the other thread needs only delays it.
  state.spins = sysconf(_SC_NPROCESSORS_ONLN) >= static_cast<long>(threads) ? kSpins : 0;
  state.workers.reset(new State::Worker[threads - 1]);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  for (uint32_t i = 0; i + 1 < threads; ++i) {
    State::Worker& worker = state.workers[i];
    worker.state = &state;
    worker.thread = i + 1;
    if (pthread_create(&worker.handle, &attributes, State::Main, &worker) != 0) break;
    ++state.worker_count;
  }
  pthread_attr_destroy(&attributes);
}

ThreadPool::~ThreadPool() {
  State& state = *state_;
  state.stop = true;
  if (state.worker_count > 0) state.Start(state.worker_count);
  for (uint32_t i = 0; i < state.worker_count; ++i) pthread_join(state.workers[i].handle, nullptr);
  pthread_cond_destroy(&state.done);
  pthread_cond_destroy(&state.wake);
  pthread_mutex_destroy(&state.mutex);
}

uint32_t ThreadPool::threads() const { return state_->worker_count + 1; }

void ThreadPool::ParallelFor(size_t count, size_t grain, Body body, void* context) {
  if (count == 0) return;
  State& state = *state_;
  size_t parts = grain > 1 ? count / grain : count;
  if (parts > threads()) parts = threads();
  if (parts <= 1) {
    body(context, 0, count, 0);
    return;
  }
  assert(state.running.load(std::memory_order_relaxed) == 0);  // ranges do not nest
  state.body = body;
  state.context = context;
  const size_t size = count / parts, longer = count % parts;  // the first `longer` have one more
  size_t begin = size + (longer > 0);
  const size_t own_end = begin;
  for (size_t part = 1; part < parts; ++part) {
    State::Worker& worker = state.workers[part - 1];
    worker.begin = begin;
    begin += size + (part < longer);
    worker.end = begin;
  }
  state.Start(static_cast<uint32_t>(parts - 1));
  body(context, 0, own_end, 0);
  state.WaitForWorkers();
}

}  // namespace edgec
