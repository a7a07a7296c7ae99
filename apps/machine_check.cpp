// SPDX-License-Identifier: Apache-2.0
#include "apps/machine_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "apps/memory_check.hpp"
#include "core/data/data_store.hpp"
#include "core/data/fetch.hpp"
#include "core/machine.hpp"
#include "core/trial.hpp"
#include "evolve/executor.hpp"
#include "evolve/provenance.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr double kGigabyte = 1e9;
constexpr double kLittle = kGigabyte;  // of memory or disk: a handful of large candidates, or weights and a long ledger

/// The first "key : value" of a file in /proc.
std::string proc_value(const std::string& file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const auto colon = line.find(':');
    if (line.starts_with(key) && colon != std::string::npos)
      return line.substr(line.find_first_not_of(" \t", colon + 1));
  }
  return "";
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

std::string gigabytes(double bytes) { return fmt::format("{:.1f} GB", bytes / kGigabyte); }

/// Processors that a container's quota allows; nothing where there is none.
std::optional<double> processor_quota() {
  std::ifstream stream("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(stream >> quota >> period) || quota == "max" || period <= 0) return std::nullopt;
  return std::stod(quota) / period;
}

}  // namespace

void check_processor(MachineReport& report) {
  const auto model = proc_value("/proc/cpuinfo", "model name");
  std::istringstream flags(proc_value("/proc/cpuinfo", "flags") + proc_value("/proc/cpuinfo", "Features"));
  std::vector<std::string> known;
  for (std::string flag; flags >> flag;) {
    for (const auto* name : {"sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "asimd", "sve"})
      if (flag == name) known.push_back(flag);
  }
  const auto facts = machine_facts();
  report.facts.emplace_back("processor",
                            fmt::format("{}; {}", model.empty() ? "unknown" : model, fmt::join(known, " ")));
  report.facts.emplace_back("kernels",
                            fmt::format("{} of ours, {} of LibTorch", facts.kernels, facts.libtorch_kernels));
  const auto cores = physical_cores();
  report.facts.emplace_back(
      "cores", fmt::format("{} physical for this program, so as many workers; {} hardware threads in the machine",
                           cores, std::thread::hardware_concurrency()));
  if (const auto quota = processor_quota(); quota && *quota < cores) {
    report.problems.push_back(
        {fmt::format("this container may use {:.1f} processors, fewer than its {} cores", *quota, cores),
         fmt::format("run.workers = {:.0f}", std::max(1.0, *quota))});
  }
}

void check_threads(MachineReport& report) {
  const auto facts = machine_facts();
  report.facts.emplace_back("threads",
                            fmt::format("a candidate has one: LibTorch {}, BLAS {}", facts.libtorch_threads,
                                        facts.blas_threads < 0 ? "does not tell" : std::to_string(facts.blas_threads)));
  if (facts.blas_threads < 0) {
    report.problems.push_back(
        {"BLAS is neither OpenBLAS nor MKL, and evobrnn cannot hold it at one thread: several candidates at once "
         "may be many times slower",
         "set its own variable, as BLIS_NUM_THREADS=1, or install OpenBLAS"});
  } else if (facts.blas_threads > 1) {
    report.problems.push_back(
        {"BLAS did not go down to one thread", "set OPENBLAS_NUM_THREADS=1 or MKL_NUM_THREADS=1"});
  }
  for (const auto* name : {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"}) {
    const auto value = environment(name);
    if (!value || *value == "1") continue;
    report.problems.push_back(
        {fmt::format("{}={}: evobrnn holds every candidate at one thread whatever it says, and the "
                     "threads it starts only cost memory",
                     name, *value),
         fmt::format("unset {}; run.workers says how many candidates are trained at once", name)});
  }
  for (const auto* name : {"OMP_PROC_BIND", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"}) {
    const auto value = environment(name);
    if (!value || *value == "false" || *value == "FALSE" || *value == "disabled") continue;
    report.problems.push_back(
        {fmt::format("{}={} may tie the program, and with it all workers, to one core", name, *value),
         fmt::format("unset {}", name)});
  }
  if (const auto value = environment("ATEN_CPU_CAPABILITY")) {
    report.problems.push_back({fmt::format("ATEN_CPU_CAPABILITY={}: results have other bits than without it", *value),
                               "unset ATEN_CPU_CAPABILITY, or set it for every process of a run"});
  }
}

void check_memory(MachineReport& report) {
  const double total = 1024 * std::atof(proc_value("/proc/meminfo", "MemTotal").c_str());
  const auto free = static_cast<double>(available_memory());
  report.facts.emplace_back("memory", gigabytes(std::min(free, total)) + " free of " + gigabytes(total));
  const auto workers = physical_cores();
  auto limits = memory_limits();
  for (const auto& limit : limits)
    report.facts.emplace_back("limit", fmt::format("{}: {}, {} of it left", limit.name, memory_size_text(limit.limit),
                                                   memory_size_text(limit.left())));
  limits.push_back({"the machine", machine_available(), 0, false});
  bool enough = true;
  for (const auto& limit : limits) {
    const auto one = needed_bytes_of(limit, 1, 0), all = needed_bytes_of(limit, workers, 0);
    if (limit.left() >= all) continue;
    enough = false;
    report.problems.push_back(
        {fmt::format("little memory is left in: {}: {}; about {} are needed to train with one worker, {} "
                     "with {}",
                     limit.name, memory_size_text(limit.left()), memory_size_text(one), memory_size_text(all), workers),
         "raise the limit, end other programs, or train fewer candidates at once (run.workers)", limit.left() < one});
  }
  if (enough && free < kLittle)
    report.problems.push_back({"little memory is free: " + gigabytes(free),
                               "end other programs, or train fewer candidates at once (run.workers)"});
}

void check_processes(MachineReport& report) {
  const auto text = [](int resource) {
    rlimit limit{};
    const bool known = ::getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0;
    return !known || limit.rlim_cur == RLIM_INFINITY ? std::string("any number") : std::to_string(limit.rlim_cur);
  };
  report.facts.emplace_back("processes", fmt::format("{} of this user (ulimit -u), {} open files each (ulimit -n)",
                                                     text(RLIMIT_NPROC), text(RLIMIT_NOFILE)));
  constexpr rlim_t kFew = 64, kFilesACommand = 12;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 &&
      files.rlim_cur < kFew + kFilesACommand * static_cast<rlim_t>(physical_cores()))
    report.problems.push_back({fmt::format("few files may be open at once: {}", files.rlim_cur),
                               "raise the limit (ulimit -n), or train fewer candidates at once (run.workers)"});
}

void check_disk(MachineReport& report, const fs::path& folder) {
  std::error_code error;
  const auto space = fs::space(folder, error);
  const auto free = static_cast<double>(space.available);
  report.facts.emplace_back("disk", error ? "unknown" : gigabytes(free) + " free in " + folder.string());
  if (!error && free < kLittle)
    report.problems.push_back({"little disk space is free: " + gigabytes(free), "choose another place: --out DIR"});
  if (::access(folder.c_str(), W_OK) != 0)
    report.problems.push_back({folder.string() + " cannot be written to", "go to another folder", true});
  struct statfs system {};
  constexpr long kSmb2 = 0xFE534D42, kCifs = 0xFF534D42;
  if (::statfs(folder.c_str(), &system) == 0 &&
      (system.f_type == NFS_SUPER_MAGIC || system.f_type == kSmb2 || system.f_type == kCifs)) {
    report.problems.push_back({folder.string() + " lies on a network file system, on which SQLite's locks are not safe",
                               "write runs to a local disk: --out DIR"});
  }
}

void check_libraries(MachineReport& report) {
  const auto facts = machine_facts();
  std::vector<std::string> versions{"LibTorch " + facts.libtorch};
  for (const auto& [name, version] : search_provenance()) versions.push_back(name + " " + version);
  versions.push_back("BLAS " + facts.blas);
  versions.push_back(facts.compiler);
  report.facts.emplace_back("libraries", fmt::format("{}", fmt::join(versions, ", ")));
}

void check_gpu(MachineReport& report, const MachineFacts& facts, bool device) {
  report.facts.emplace_back("gpu", facts.gpus > 0            ? fmt::format("{} for train.device = \"cuda\"", facts.gpus)
                                   : facts.libtorch_has_cuda ? "none: LibTorch has CUDA, but finds no GPU"
                                                             : "none: this LibTorch has no CUDA");
  if (facts.gpus > 0) return;
  const std::string until = "; until then candidates are trained on the processor";
  if (facts.libtorch_has_cuda && !facts.cuda_driver) {
    report.problems.push_back(
        {"this LibTorch was built for CUDA, and NVIDIA's driver is missing: there is no libcuda.so.1",
         "install the driver (nvidia-driver, libcuda1), or start the container with --gpus all" + until});
  } else if (facts.libtorch_has_cuda) {
    report.problems.push_back({device ? "NVIDIA's driver is there, and LibTorch cannot use the GPU: the driver may be "
                                        "older than this LibTorch's "
                                        "CUDA, or CUDA_VISIBLE_DEVICES may hide it"
                                      : "NVIDIA's driver is there, and no GPU: /dev/nvidia0 is missing",
                               "nvidia-smi tells the driver's state" + until});
  } else if (device) {
    report.problems.push_back(
        {"this machine has an NVIDIA GPU, and LibTorch cannot use it",
         "candidates are trained on the processor; build with a LibTorch that has CUDA to change that"});
  }
}

void check_gpu(MachineReport& report) {
  check_gpu(report, machine_facts(), fs::exists("/proc/driver/nvidia/version") || fs::exists("/dev/nvidia0"));
}

void check_data(MachineReport& report, const fs::path& given) {
  const auto folder = given.empty() ? default_data_folder() : given;
  if (!given.empty() && !fs::is_directory(given))
    report.problems.push_back({given.string() + ": no such data folder", "name another one: --data DIR", true});
  const auto store = make_data_store(folder);
  std::vector<std::string> found{"digits (built in)"}, missing;
  for (const auto& set : remote_data_sets()) {
    TaskSettings task;
    task.name = set.name;
    const bool own_folder = fs::is_directory(folder / set.name);
    try {
      load_task(task, *store);
      found.push_back(own_folder ? set.name : set.name + " (or one with the same file names)");
    } catch (const DataError& error) {
      if (own_folder) report.problems.push_back({error.what(), "evobrnn data fetch " + set.name});
      else missing.push_back(set.name);
    }
  }
  auto text = fmt::format("{}: {}", folder.string(), fmt::join(found, ", "));
  if (!missing.empty()) text += fmt::format("; not there: {} (evobrnn data fetch NAME)", fmt::join(missing, ", "));
  report.facts.emplace_back("data", text);
}

}  // namespace evobrnn
