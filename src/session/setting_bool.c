#include "session/setting_bool.h"

#include "base/str.h"

#include <stddef.h>
#include <string.h>

int setting_bool(const char *in)
{
    static const struct {
        const char *word;
        size_t least;
        int value;
    } words[] = {{"true", 1, 1}, {"false", 1, 0}, {"yes", 1, 1}, {"no", 1, 0},
                 {"on", 2, 1},   {"off", 2, 0},   {"1", 1, 1},   {"0", 1, 0}};
    size_t n = strlen(in);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);
        if (n >= words[i].least && n <= len && str_ieq((struct str){in, n}, (struct str){words[i].word, n}))
            return words[i].value;
    }
    return -1;
}
