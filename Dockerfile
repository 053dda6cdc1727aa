# One image for the web, the workers and the clock; docker-compose.yml says which runs what.
FROM python:3.11-slim-bookworm

RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig npm \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /srv/aptic aptic

WORKDIR /srv/aptic
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY package.json package-lock.json .npmrc ./
RUN npm ci --silent

COPY . .
ENV APTIC_VAR=/srv/aptic/var PYTHONUNBUFFERED=1
# The typeface, the browser code of others and the static files are in the image; keys and addresses come from the environment.
RUN bash aptic/embedded/vendor.sh node_modules var/vendor \
 && python manage.py collectstatic --no-input --verbosity 0 \
 && chown -R aptic:aptic var
USER aptic
EXPOSE 8000
CMD ["granian", "aptic.wsgi:application", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--log-level", "warning"]
