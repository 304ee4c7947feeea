/* IPv6 addresses as text. What stands on the right is PostgreSQL 15's host(). */
#include "pgtype/ipv6.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *hex, *text;
} addresses[] = {
    {"00000000000000000000000000000000", "::"},
    {"00000000000000000000000000000001", "::1"},
    {"00010000000000000000000000000000", "1::"},
    {"00000000000000000000ffff01020304", "::ffff:1.2.3.4"},
    {"00000000000000000000000001020304", "::1.2.3.4"},
    {"00000000000000000000000000000304", "::304"},
    {"0000000000000000ffff000000010002", "::ffff:0:1:2"},
    {"00010000000000020000000000030004", "1::2:0:0:3:4"},
    {"00010000000000000002000000000003", "1::2:0:0:3"},
    {"00010000000200000003000000040000", "1:0:2:0:3:0:4:0"},
    {"00000001000200030004000500060007", "0:1:2:3:4:5:6:7"},
    {"00010002000300040005000600070000", "1:2:3:4:5:6:7:0"},
    {"ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"20010db8000000000001000000000001", "2001:db8::1:0:0:1"},
    {"0064ff9b000000000000000001020304", "64:ff9b::102:304"},
    {"00000000000100000000000000000001", "0:0:1::1"},
    {"00000000000000010000000000000000", "0:0:0:1::"},
    {"0001000000000000000000000000000a", "1::a"},
    {"0000abcd000000000000000000000000", "0:abcd::"},
    {"000f00ff12340000ffff000100000000", "f:ff:1234:0:ffff:1::"},
    {"000000ffffff00010fff123400000001", "0:ff:ffff:1:fff:1234:0:1"},
    {"000000010fff000f00000fff00000000", "0:1:fff:f:0:fff::"},
    {"0000ffff000000000000000000010001", "0:ffff::1:1"},
    {"00000000000f00ff0001123400010000", "::f:ff:1:1234:1:0"},
    {"00010fff000f000000ff0fff00000000", "1:fff:f:0:ff:fff::"},
    {"000f000000ff000f000000ff0000000f", "f:0:ff:f:0:ff:0:f"},
    {"00ff000fffff00ff0000ffffffff0000", "ff:f:ffff:ff:0:ffff:ffff:0"},
    {"0000000f000000ff0fff000012340fff", "0:f:0:ff:fff:0:1234:fff"},
    {"00ff0fff0000ffff0000000000010000", "ff:fff:0:ffff::1:0"},
    {"0001ffff00ff123400ff1234000fffff", "1:ffff:ff:1234:ff:1234:f:ffff"},
    {"000000ff000f00000fff0000000100ff", "0:ff:f:0:fff:0:1:ff"},
    {"123400ff000000ff000f12340000000f", "1234:ff:0:ff:f:1234:0:f"},
    {"00ff000f000000000000000fffff0000", "ff:f::f:ffff:0"},
    {"0000000012340fff0000000100ff000f", "::1234:fff:0:1:ff:f"},
    {"ffff0fff000000000000ffff00ff0001", "ffff:fff::ffff:ff:1"},
    {"000000000fff000000000fff00ff0000", "::fff:0:0:fff:ff:0"},
    {"00000fff000f0000ffff00001234ffff", "0:fff:f:0:ffff:0:1234:ffff"},
    {"ffff00ffffff000f000fffff0fff0000", "ffff:ff:ffff:f:f:ffff:fff:0"},
    {"00000fff12340000ffff00ff00000000", "0:fff:1234:0:ffff:ff::"},
    {"ffff000f12341234123400ff000000ff", "ffff:f:1234:1234:1234:ff:0:ff"},
    {"0000000f00ff1234000fffff000f000f", "0:f:ff:1234:f:ffff:f:f"},
    {"00ff00000000ffff1234000f00ff000f", "ff::ffff:1234:f:ff:f"},
    {"ffff000f123400ff00ff000f00ff0fff", "ffff:f:1234:ff:ff:f:ff:fff"},
    {"00ff0000ffff00ff00ff123400001234", "ff:0:ffff:ff:ff:1234:0:1234"},
    {"0000000100ffffff000f00000fff0000", "0:1:ff:ffff:f:0:fff:0"},
    {"12340fff000f1234000f000000010000", "1234:fff:f:1234:f:0:1:0"},
    {"ffff0000000100000000ffff00010000", "ffff:0:1::ffff:1:0"},
    {"00000000000000ff0000ffff00011234", "::ff:0:ffff:1:1234"},
    {"00000fffffff00ff0fff000000010001", "0:fff:ffff:ff:fff:0:1:1"},
    {"00ff000000ff0fff000f0fff00001234", "ff:0:ff:fff:f:fff:0:1234"},
    {"00ff00001234000f0000000f12341234", "ff:0:1234:f:0:f:1234:1234"},
    {"00ff000f00ff00000fff0fff123400ff", "ff:f:ff:0:fff:fff:1234:ff"},
    {"ffff000000000fffffff000100000000", "ffff::fff:ffff:1:0:0"},
    {"00ff00000fff000000ff1234000000ff", "ff:0:fff:0:ff:1234:0:ff"},
    {"0fff0fff0fff0001ffff000fffff0fff", "fff:fff:fff:1:ffff:f:ffff:fff"},
    {"0fff0000000f000fffff000f0fff0000", "fff:0:f:f:ffff:f:fff:0"},
    {"00ff000fffff000f0000ffff00000000", "ff:f:ffff:f:0:ffff::"},
    {"ffff0001000f000000000fff0000ffff", "ffff:1:f::fff:0:ffff"},
    {"12341234000f0001ffff00000001ffff", "1234:1234:f:1:ffff:0:1:ffff"},
    {"000f0000000f000fffffffff12340000", "f:0:f:f:ffff:ffff:1234:0"},
    {"00000000000f000f123400ff000f1234", "::f:f:1234:ff:f:1234"},
    {"0000ffff00ff00ff000000000000000f", "0:ffff:ff:ff::f"},
    {"1234ffff00001234000100000fff0fff", "1234:ffff:0:1234:1:0:fff:fff"},
    {"ffff0fffffff0fff0001000fffff0000", "ffff:fff:ffff:fff:1:f:ffff:0"},
};

static void from_hex(const char *hex, uint8_t out[static IPV6_BYTES])
{
    for (size_t i = 0; i < IPV6_BYTES; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1]};
        out[i] = (uint8_t)strtoul(two, NULL, 16);
    }
}

/* Written as it should be, and read back, out of memory of just that length. */
static void round_trips(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        uint8_t bytes[IPV6_BYTES], back[IPV6_BYTES];
        char text[IPV6_TEXT_MAX];
        from_hex(addresses[i].hex, bytes);
        size_t n = ipv6_write(bytes, text);
        assert_int_equal(n, strlen(addresses[i].text));
        assert_memory_equal(text, addresses[i].text, n);
        char *exact = malloc(n);
        assert_non_null(exact);
        memcpy(exact, text, n);
        assert_true(ipv6_read((struct str){exact, n}, back));
        assert_memory_equal(back, bytes, IPV6_BYTES);
        for (size_t cut = 0; cut < n; cut++) /* whatever it is, nothing is read beyond it */
            (void)ipv6_read((struct str){exact + n - cut, cut}, back);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trips)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
