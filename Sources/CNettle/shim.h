#pragma once
// No `link` line in the module map: the manifest links the archive where there is one.
// As in CLinux: the C library's types must be the same in all our modules.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <nettle/chacha-poly1305.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/pbkdf2.h>
