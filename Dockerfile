# The demo as a container, without TensorFlow and without what only reports need.
# docs/publish.md says how to build and run it.
FROM python:3.12-slim AS build
COPY . /source
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /source

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 GRADIO_SERVER_NAME=0.0.0.0 PORT=7860
COPY requirements-serve.txt /tmp/
RUN pip install --no-cache-dir -r /tmp/requirements-serve.txt
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-deps /wheels/*.whl
# A user without rights; a volume mounted on the folder of corrections belongs to it as well.
RUN useradd --create-home --uid 10001 digits && install -d -o digits /home/digits/corrections
USER digits
WORKDIR /home/digits
EXPOSE 7860
# 401 is a healthy answer too: the demo asks for a login when it is started with --auth.
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/api/health'); assert c.getresponse().status in (200, 401)"]
# Arguments of `docker run` are added as options of the demo.
ENTRYPOINT ["sh", "-c", "exec digits demo --port \"$PORT\" \"$@\"", "digits"]
