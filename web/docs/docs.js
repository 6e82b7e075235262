// Swagger UI for every API of this server: to read, sign in (Authorize) and try.
window.ui = SwaggerUIBundle({
    url: '/openapi.json',
    domNode: document.getElementById('swagger-ui'),
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
});
