# What the binary serves as files. A *site* is a folder in the build tree that a command fills; what lies in it is served under
# the same path. All sites together become one block of compressed bytes, which an assembler file takes in, and its table
# (tools/assets/embed.mjs): no compiler reads them.
find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)
set(POSTHASTE_SITES ${CMAKE_BINARY_DIR}/sites)

# posthaste_site(<name> COMMANDS COMMAND ... DEPENDS ...): the commands fill ${POSTHASTE_SITES}/<name>, which is empty before.
function(posthaste_site name)
  cmake_parse_arguments(ARG "" "" "COMMANDS;DEPENDS" ${ARGN})
  set(site ${POSTHASTE_SITES}/${name})
  add_custom_command(OUTPUT ${site}.stamp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${site}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${site}
    ${ARG_COMMANDS}
    COMMAND ${CMAKE_COMMAND} -E touch ${site}.stamp
    DEPENDS ${ARG_DEPENDS}
    COMMENT "Making the site ${name}")
  set_property(GLOBAL APPEND PROPERTY POSTHASTE_SITES ${site})
endfunction()

# posthaste_npm(<folder> <variable>): installs what <folder>/package-lock.json pins below <folder>, unless it is there; the variable
# becomes the file to depend on. Done when CMake runs, so that all presets share it. Without a network this works when npm's
# cache has the packages.
function(posthaste_npm folder variable)
  set(pinned ${CMAKE_SOURCE_DIR}/${folder}/package-lock.json)
  set(installed ${CMAKE_SOURCE_DIR}/${folder}/node_modules/.package-lock.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pinned} ${installed})
  file(LOCK ${CMAKE_BINARY_DIR}/../npm.lock GUARD FUNCTION)
  if(${pinned} IS_NEWER_THAN ${installed})
    message(STATUS "Installing the npm packages of ${folder}")
    execute_process(COMMAND ${NPM} ci --prefer-offline --ignore-scripts --no-audit --no-fund
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} COMMAND_ERROR_IS_FATAL ANY)
    file(TOUCH ${installed})
  endif()
  set(${variable} ${installed} PARENT_SCOPE)
endfunction()

# The pages at /docs and /redoc.
function(posthaste_docs_pages)
  set(web ${CMAKE_SOURCE_DIR}/web/docs)
  posthaste_npm(web/docs packages)
  file(GLOB sources CONFIGURE_DEPENDS ${web}/*.html ${web}/*.js ${web}/*.css ${web}/*.svg ${web}/*.mjs)
  posthaste_site(docs COMMANDS
    COMMAND ${NODE} ${web}/build.mjs ${POSTHASTE_SITES}/docs
    DEPENDS ${sources} ${packages})
endfunction()

# The dashboard and the portal. Types and pure parts are tested apart, so that a build takes no longer than bundling.
function(posthaste_dashboard)
  set(folder ${CMAKE_SOURCE_DIR}/dashboard)
  posthaste_npm(dashboard packages)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/src/*)
  file(GLOB settings CONFIGURE_DEPENDS ${folder}/*.html ${folder}/*.ts ${folder}/*.json)
  set(site ${POSTHASTE_SITES}/dashboard)
  posthaste_site(dashboard COMMANDS
    COMMAND ${NPM} --prefix ${folder} run --silent build -- --outDir ${site} --emptyOutDir --logLevel warn
    DEPENDS ${sources} ${settings} ${packages})
  foreach(check types unit)
    add_test(NAME dashboard_${check} COMMAND ${NPM} --prefix ${folder} run --silent test:${check})
    set_tests_properties(dashboard_${check} PROPERTIES LABELS unit TIMEOUT 300)
  endforeach()
endfunction()

# The descriptions of the APIs: one document of all, and the native API's own for its SDKs.
function(posthaste_descriptions)
  set(native ${CMAKE_SOURCE_DIR}/src/api/native/openapi.json)
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/api/*/openapi.json)
  set(base ${CMAKE_SOURCE_DIR}/src/api/openapi.json)
  set(merge ${CMAKE_SOURCE_DIR}/tools/assets/merge_openapi.mjs)
  set(site ${POSTHASTE_SITES}/descriptions)
  posthaste_site(descriptions COMMANDS
    COMMAND ${NODE} ${merge} ${base} ${PROJECT_VERSION} ${site}/openapi.json ${parts}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${site}/api/v1
    COMMAND ${CMAKE_COMMAND} -E copy ${native} ${site}/api/v1/openapi.json
    DEPENDS ${merge} ${base} ${parts})

  # Their sound form; what they say is tested in tests/api.
  add_test(NAME openapi_lint COMMAND ${NODE} ${CMAKE_SOURCE_DIR}/web/docs/lint.mjs
           ${site}/openapi.json ${site}/api/v1/openapi.json)
  set_tests_properties(openapi_lint PROPERTIES LABELS unit)
endfunction()

# Puts every site that was declared before into the target.
function(posthaste_embed_sites target)
  get_property(sites GLOBAL PROPERTY POSTHASTE_SITES)
  list(TRANSFORM sites APPEND .stamp OUTPUT_VARIABLE stamps)
  set(embed ${CMAKE_SOURCE_DIR}/tools/assets/embed.mjs)
  set(out ${CMAKE_BINARY_DIR}/embedded)
  file(MAKE_DIRECTORY ${out})
  add_custom_command(OUTPUT ${out}/assets.bin ${out}/assets.inc
    COMMAND ${NODE} ${embed} ${out} ${sites}
    DEPENDS ${embed} ${stamps}
    COMMENT "Embedding the assets")

  set(blob ${CMAKE_SOURCE_DIR}/src/assets/blob.S)
  add_library(posthaste_assets_blob OBJECT ${blob})
  set_source_files_properties(${blob} PROPERTIES OBJECT_DEPENDS ${out}/assets.bin
    COMPILE_DEFINITIONS "POSTHASTE_ASSETS_BIN=\"${out}/assets.bin\"")

  set_property(GLOBAL APPEND PROPERTY POSTHASTE_GENERATED ${out}/assets.inc)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:posthaste_assets_blob> ${out}/assets.inc)
  target_include_directories(${target} PRIVATE ${out})
endfunction()
