#include "ops/process.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

/* The file's beginning as text; "" when it cannot be read. */
static const char *read_file(char *out, size_t n, const char *path)
{
    out[0] = '\0';
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, n - 1);
    out[got > 0 ? got : 0] = '\0';
    return out;
}

/* The nth word, from 0, as a number; 0 when there is none. */
static uint64_t nth_number(const char *text, unsigned nth)
{
    for (;; nth--) {
        text += strspn(text, " \n");
        size_t n = strcspn(text, " \n");
        int64_t value = 0;
        if (nth == 0 || n == 0)
            return str_to_i64((struct str){text, n}, 0, INT64_MAX, &value) ? (uint64_t)value : 0;
        text += n;
    }
}

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

/* Field 22 of stat, in ticks since the machine started; the name before it may hold anything. Read once: the
 * clock's corrections would make it another number each time, which monitoring takes for a restart. */
static double started;

static void learn_start(void)
{
    char text[1024];
    const char *rest = strrchr(read_file(text, sizeof text, "/proc/self/stat"), ')');
    if (!rest)
        return;
    uint64_t ticks = nth_number(rest + 1, 22 - 3);
    double up = (double)ticks / (double)sysconf(_SC_CLK_TCK);
    started = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + up;
}

static uint64_t count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    uint64_t n = 0;
    if (!d)
        return 0;
    for (struct dirent *entry; (entry = readdir(d));)
        n += entry->d_name[0] != '.';
    (void)closedir(d);
    assert(n > 0);
    return n - 1; /* the directory's own */
}

void process_usage(struct process_usage *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char text[256];
    struct rlimit fds;
    struct rusage r;
    memset(out, 0, sizeof *out);
    const char *statm = read_file(text, sizeof text, "/proc/self/statm");
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    out->virtual_bytes = nth_number(statm, 0) * page;
    out->resident_bytes = nth_number(statm, 1) * page;
    if (getrusage(RUSAGE_SELF, &r) == 0)
        out->cpu_seconds = (double)r.ru_utime.tv_sec + (double)r.ru_stime.tv_sec +
                           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
    (void)pthread_once(&once, learn_start);
    out->start_seconds = started;
    out->open_fds = count_fds();
    if (getrlimit(RLIMIT_NOFILE, &fds) == 0)
        out->max_fds = fds.rlim_cur;
}
