// The bytes of all assets, as tools/assets/embed.mjs wrote them: taken in here, because a compiler would read megabytes of
// literals for a minute. assets.cc has the table.
        .section .rodata
        .global posthaste_assets
posthaste_assets:
        .incbin POSTHASTE_ASSETS_BIN

        .section .note.GNU-stack, "", %progbits
