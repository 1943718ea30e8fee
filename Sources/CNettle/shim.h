#pragma once
// No `link` line in the module map: the manifest links the archive where there is one.
#include <nettle/aes.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/pbkdf2.h>
