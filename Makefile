# swiftotp: see README.md. `make try` tries it, `make test` tests it, `make deb` and `make rpm` make
# packages, and `make release` and `sudo make install` install it without them.

# The release; it is defined in one place.
VERSION = $(shell sed -n 's/.* number = "\(.*\)"/\1/p' Sources/OTPWire/Version.swift)
BUILD = swift build
SOURCES = Package.swift Sources Tests Fleet/Package.swift Fleet/Sources Fleet/Tests

.PHONY: all setup setup-build setup-fleet setup-packages setup-repo debug release build command test \
	lint format pot catalogs fleet fleet-build fleet-debug fleet-try fleet-test fleet-package-test \
	try bench fleet-bench fuzz proof model coverage strangers picture clean install uninstall tree dist deb fetch \
	source rpm packages repo key fleet-install fleet-tree fleet-deb fleet-rpm

all: release

# Installs what Debian needs besides the Swift toolchain, make and git: for everything, only for
# building, or for building packages.
setup:
	Tests/setup

setup-build:
	Tests/setup build

setup-fleet:
	Tests/setup fleet

setup-packages:
	Tests/setup packages

setup-repo:
	Tests/setup repo

debug: setup
	$(BUILD) --build-tests

release: setup-build build

# `release` without the setup, for the packaging, which declares its own requirements. Programs have no
# run path into this folder, and do not contain its name. They include Swift's library, because most
# machines have none; the module needs none. The toolchain's own linker is used, whatever binutils a
# system has: GNU ld 2.44 left programs without RELRO. Two flags keep this folder's name out of hashes:
# debug information would name C modules by a hash of their path, and the compiler would leave a hash
# of what it compiled, paths included.
RELEASE = $(BUILD) -c release --disable-local-rpath \
	-Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. \
	-Xswiftc -Xfrontend -Xswiftc -no-clang-module-breadcrumbs \
	-Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen
PROGRAM = $(RELEASE) --static-swift-stdlib -Xswiftc -use-ld=lld \
	-Xlinker -z -Xlinker now -Xlinker -z -Xlinker relro
build:
	$(RELEASE) --product pam_swiftotp
	$(PROGRAM) --product swiftotpd
	$(PROGRAM) --product swiftotp-messenger
	$(PROGRAM) --product otp-enroll

# The programs of a fleet, a package of its own in Fleet: nothing of it is in the programs above. C
# libraries that it includes would name this folder.
FLEET = $(PROGRAM) --package-path Fleet -Xcc -ffile-prefix-map=$(CURDIR)=.
fleet-build:
	$(FLEET) --product swiftotp-server
	$(FLEET) --product swiftotp-agent

fleet: setup-fleet fleet-build

# otp-enroll alone.
command:
	$(PROGRAM) --product otp-enroll

# Everything, in separate namespaces, so that the machine's users, services and log stay as they are.
# Steps that keep only one processor busy at times run two at a time.
test: setup lint debug
	$(MAKE) --jobs=2 --output-sync packages fuzz fleet-debug RUNS=200000
	SWIFTOTP_PROGRAMS=$(CURDIR)/.build/release Tests/suite
	SWIFTOTP_PROGRAMS=$(CURDIR)/.build/release Tests/suite --package-path Fleet

lint: setup
	swift format lint --strict --recursive $(SOURCES)
	@po/extract | diff -u po/swiftotp.pot - || { echo "lint: run \`make pot\`" >&2; exit 1; }
	for name in $(LANGUAGES); do \
		msgfmt --check -o /dev/null po/$$name.po && msgcmp po/$$name.po po/swiftotp.pot || exit 1; \
	done
	shellcheck Tests/chroot Tests/coverage Tests/fleet-try Tests/foreign Tests/fuzz Tests/Fuzz/one Tests/ground \
		Tests/machine Tests/openapi Tests/proof Tests/reproduce Tests/selinux Tests/setup \
		Tests/suite Tests/try Tests/upgrade Tests/Bench/run Tests/Bench/run-fleet .ci/run docs/model/check packaging/debian/*.postinst packaging/debian/*.prerm \
		packaging/debian/*.postrm packaging/fleet/debian/*.postinst packaging/fleet/debian/*.prerm \
		packaging/fleet/debian/*.postrm packaging/debian/tests/login packaging/open-key packaging/pam-lines packaging/repo \
		packaging/container/entrypoint

# Updates the template and the catalogs; new entries await translation.
pot:
	po/extract >po/swiftotp.pot
	for name in $(LANGUAGES); do \
		msgmerge --quiet --update --backup=none --no-fuzzy-matching --previous \
			po/$$name.po po/swiftotp.pot || exit 1; \
	done

format:
	swift format --in-place --recursive $(SOURCES)

# Enrolls a temporary user, and logs in through a real sshd on loopback.
try: setup release
	$(RELEASE) --product try-player
	Tests/try "$$($(BUILD) -c release --show-bin-path)"

# The same for a fleet: a database, two servers and two hosts, made of namespaces.
fleet-try: setup release fleet
	$(RELEASE) --product try-player
	Tests/fleet-try "$$($(BUILD) -c release --show-bin-path)" \
		"$$($(BUILD) -c release --package-path Fleet --show-bin-path)"

fleet-debug: setup
	$(BUILD) --package-path Fleet --build-tests

# The tests of the fleet, which start the programs of both packages.
fleet-test: debug fleet-debug
	Tests/suite --package-path Fleet

# Makes the packages of a fleet, which takes long, and tests them.
fleet-package-test: debug
	$(MAKE) deb rpm fleet-deb fleet-rpm
	SWIFTOTP_FLEET_PACKAGES=yes Tests/suite --filter 'FleetPackageTests|FleetSystemdTests'

# Compares with pam_google_authenticator and pam_oath; writes docs/BENCHMARKS.md.
bench: setup release
	$(RELEASE) --product pam-dialogue
	Tests/Bench/run "$$($(BUILD) -c release --show-bin-path)"

# Compares a fleet with privacyIDEA on one PostgreSQL; writes docs/FLEET-BENCHMARKS.md. ARGUMENTS are for
# Tests/Bench/run-fleet.
fleet-bench: setup fleet
	$(FLEET) --product fleet-bench
	Tests/Bench/run-fleet "$$($(BUILD) -c release --package-path Fleet --show-bin-path)" $(ARGUMENTS)

# The time of a wrong code for users who are enrolled, are not, or do not exist.
strangers: setup release
	$(RELEASE) --product pam-dialogue
	Tests/ground unshare -n python3 -B Tests/Bench/strangers.py \
		--bin "$$($(BUILD) -c release --show-bin-path)"

# Input from outside, and whole logins on a failing disk: RUNS, scaled by the cost of each.
fuzz: setup
	Tests/fuzz $(RUNS)

# The long form of the proofs in `make test`; writes the figures to docs/RESULTS.md. At the end it makes
# and tests the packages of a fleet, and measures one of a million users and 9,900 connected hosts.
proof: setup release debug fleet-debug
	Tests/proof $(RUNS)
	$(MAKE) fleet-package-test
	$(MAKE) fleet-bench

# The model of a fleet's login, in all its forms (docs/model). Needs spin and gcc.
model:
	docs/model/check

# The lines of OTPCore and OTPStore that their tests do not reach.
coverage: setup
	Tests/coverage

# README's pictures of an enrollment and a login.
picture: setup release
	for name in enrollment login; do \
		Tests/ground python3 -B docs/picture.py "$$($(BUILD) -c release --show-bin-path)" \
			$$name docs/$$name.svg || exit 1; \
	done

clean:
	rm -rf .build

# MARK: Installing

# Commands go below PREFIX. The module goes where this distribution's libpam looks for it, and the
# service where the unit, the module, and the rules for AppArmor and SELinux expect it.
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/swiftotp
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
UNITDIR = $(PREFIX)/lib/systemd/system
LIBEXECDIR = /usr/libexec
TMPFILESDIR = /usr/lib/tmpfiles.d
SYSUSERSDIR = /usr/lib/sysusers.d
# The folder where the service and otp-enroll look for catalogs.
LOCALEDIR = /usr/share/locale
LANGUAGES = $(sort $(patsubst po/%.po,%,$(wildcard po/*.po)))
PAMDIR = $(firstword $(wildcard /usr/lib/$(MACHINE)-linux-gnu/security /usr/lib64/security) \
	/usr/lib/security)
# For pam-auth-update on Debian and its descendants; elsewhere it does no harm.
PAMCONFIGDIR = /usr/share/pam-configs

INSTALL = install
INSTALL_PROGRAM = $(INSTALL) -s -m 0755
INSTALL_DATA = install -m 0644
BIN = .build/release
# Writes the shells' completions; the program must be one that runs here.
ENROLL ?= .build/release/otp-enroll
UNITS = swiftotpd.socket swiftotpd.service swiftotp-key.service swiftotp-messenger.socket \
	swiftotp-messenger.service swiftotp-report.service swiftotp-report.timer swiftotp-backup.service \
	swiftotp-backup.timer
MANUALS = $(patsubst packaging/man/%.scd,%,$(wildcard packaging/man/*.scd))

# Everything that `install` writes, and `uninstall` removes.
INSTALLED = $(PAMDIR)/pam_swiftotp.so $(LIBEXECDIR)/swiftotpd \
	$(LIBEXECDIR)/swiftotp-messenger $(SYSUSERSDIR)/swiftotp.conf \
	$(LIBEXECDIR)/swiftotp/pam-lines $(LIBEXECDIR)/swiftotp/open-key $(BINDIR)/otp-enroll \
	$(addprefix $(UNITDIR)/,$(UNITS)) $(TMPFILESDIR)/swiftotp.conf $(PAMCONFIGDIR)/swiftotp \
	$(foreach page,$(MANUALS),$(MANDIR)/man$(patsubst .%,%,$(suffix $(page)))/$(page)) \
	$(BASHDIR)/otp-enroll $(ZSHDIR)/_otp-enroll $(FISHDIR)/otp-enroll.fish \
	$(foreach name,$(LANGUAGES),$(LOCALEDIR)/$(name)/LC_MESSAGES/swiftotp.mo) $(DOCDIR)/swiftotp.conf \
	$(DOCDIR)/swiftotp-messenger.conf

# Installs what was built, so that root compiles nothing. It changes no login: that takes a line in
# /etc/pam.d, or pam-auth-update. /etc stays as it is; `otp-enroll` makes the store when it is first
# needed, and `systemctl enable --now swiftotpd.socket` starts the service. For mails it also takes
# `systemd-sysusers` and `systemctl enable --now swiftotp-messenger.socket`. The first line of a manual
# makes man(1) run tbl(1), for its tables.
install: catalogs
	@for file in libpam_swiftotp.so swiftotpd swiftotp-messenger otp-enroll; do \
		[ -e "$(BIN)/$$file" ] || { echo "install: run \`make release\` first" >&2; exit 1; }; \
	done
	$(INSTALL_PROGRAM) -m 0644 -D $(BIN)/libpam_swiftotp.so $(DESTDIR)$(PAMDIR)/pam_swiftotp.so
	$(INSTALL_PROGRAM) -D $(BIN)/swiftotpd $(DESTDIR)$(LIBEXECDIR)/swiftotpd
	$(INSTALL_PROGRAM) -D $(BIN)/swiftotp-messenger $(DESTDIR)$(LIBEXECDIR)/swiftotp-messenger
	$(INSTALL_PROGRAM) -D $(BIN)/otp-enroll $(DESTDIR)$(BINDIR)/otp-enroll
	$(INSTALL) -D packaging/pam-lines $(DESTDIR)$(LIBEXECDIR)/swiftotp/pam-lines
	$(INSTALL) -D packaging/open-key $(DESTDIR)$(LIBEXECDIR)/swiftotp/open-key
	for unit in $(UNITS); do \
		sed 's|=/usr/libexec/|=$(LIBEXECDIR)/|; s|=/usr/bin/|=$(BINDIR)/|' "packaging/systemd/$$unit" | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
	done
	$(INSTALL_DATA) -D packaging/tmpfiles/swiftotp.conf $(DESTDIR)$(TMPFILESDIR)/swiftotp.conf
	$(INSTALL_DATA) -D packaging/sysusers/swiftotp.conf $(DESTDIR)$(SYSUSERSDIR)/swiftotp.conf
	$(INSTALL_DATA) -D packaging/pam-configs/swiftotp $(DESTDIR)$(PAMCONFIGDIR)/swiftotp
	for file in swiftotp.conf swiftotp-messenger.conf; do \
		$(INSTALL_DATA) -D "packaging/$$file" "$(DESTDIR)$(DOCDIR)/$$file" || exit 1; \
	done
	for page in $(MANUALS); do \
		{ echo "'\\\" t" && scdoc <"packaging/man/$$page.scd"; } | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page" || exit 1; \
	done
	set -e; completion() { \
		"$(ENROLL)" --generate-completion-script "$$1" | sed '1{/^#!/d}' | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$$2"; \
	}; \
	completion bash $(BASHDIR)/otp-enroll; \
	completion zsh $(ZSHDIR)/_otp-enroll; \
	completion fish $(FISHDIR)/otp-enroll.fish

# Catalogs of the same version as the programs, which accept no other.
catalogs:
	for name in $(LANGUAGES); do \
		folder="$(DESTDIR)$(LOCALEDIR)/$$name/LC_MESSAGES"; \
		install -d -m 0755 "$$folder" && \
		sed 's|^"Project-Id-Version: swiftotp\\n"|"Project-Id-Version: swiftotp $(VERSION)\\n"|' \
			"po/$$name.po" | msgfmt --check -o "$$folder/swiftotp.mo" - && \
		chmod 0644 "$$folder/swiftotp.mo" || exit 1; \
	done

# Refuses while a PAM stack still names the module: all its logins would be denied.
uninstall:
	@packaging/pam-lines "$(DESTDIR)" >&2 || { \
		echo "uninstall: these lines still need the module; take them away first" >&2; \
		exit 1; \
	}
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	for folder in $(DESTDIR)$(DOCDIR) $(DESTDIR)$(LIBEXECDIR)/swiftotp; do \
		[ ! -d "$$folder" ] || rmdir "$$folder" || exit 1; \
	done

# MARK: Packages

# The last commit as a tarball, which needs no git where it is used. Owner, modes and times come from
# git, so everybody gets the same bytes.
DIST = .build/dist
dist:
	mkdir -p $(DIST)
	git -c tar.umask=022 archive --prefix=swiftotp-$(VERSION)/ -o $(DIST)/swiftotp-$(VERSION).tar HEAD
	gzip -9nf $(DIST)/swiftotp-$(VERSION).tar
	cd $(DIST) && sha256sum swiftotp-$(VERSION).tar.gz >SHA256SUMS

PACKAGES = .build/packages
TREE = $(PACKAGES)/swiftotp

# A tree with only the project's files, in which both kinds of packages are made, from what was built
# here, so that nothing is compiled twice. Modes and times are normalized, so that the packages are the
# same bytes wherever and whenever they are made (Tests/reproduce).
tree: setup-packages build
	mkdir -p $(TREE)/.build
	rsync -a --delete --exclude=/.git --filter=':- .gitignore' --filter='P /.build' ./ $(TREE)/
	cp -p Package.resolved $(TREE)/
	chmod -R u=rwX,go=rX $(TREE)
	epoch=$$(dpkg-parsechangelog -l packaging/debian/changelog -S Timestamp) && \
		find $(TREE) -exec touch -h -d "@$$epoch" {} +
	ln -sfn $(abspath $(BIN)) $(TREE)/.build/release

# -nc: the tree is already clean; -P: the toolchain is the one on PATH, not a Debian package. A failed run
# leaves its debian/, of which rsync keeps .build-id.
deb: tree
	rm -rf $(TREE)/debian $(PACKAGES)/*.deb $(PACKAGES)/*.changes $(PACKAGES)/*.buildinfo
	cp -a $(TREE)/packaging/debian $(TREE)/debian
	cd $(TREE) && $(WITHIN) dpkg-buildpackage -b -nc -us -uc -Ppkg.swiftotp.toolchain $(FOREIGN)
	rm -rf $(TREE)/debian

fetch:
	swift package resolve

# Debian's source package. It includes what SwiftPM would download, because a package is built without a
# network; Package.swift uses that copy.
SOURCE = .build/source
source: setup-packages fetch
	mkdir -p $(SOURCE)/swiftotp
	rsync -a --delete --exclude=/.git --exclude=/.build --filter=':- .gitignore' ./ $(SOURCE)/swiftotp/
	cp -a packaging/debian $(SOURCE)/swiftotp/debian
	rsync -a --exclude=.git --exclude=.gitignore .build/checkouts/swift-argument-parser $(SOURCE)/swiftotp/
	cd $(SOURCE) && dpkg-source -b swiftotp

# --nodeps: on Debian, rpm's database has no packages. Times come from the changelog, by the macros of
# rpm up to 4.19 and from 4.20 on.
RPMFLAGS = --define '_rpmdir $(abspath $(PACKAGES))' --define '_rpmfilename %{NVRA}.rpm' \
	--define 'source_date_epoch_from_changelog 1' \
	--define 'use_source_date_epoch_as_buildtime 1' \
	--define 'clamp_mtime_to_source_date_epoch 1' \
	--define 'build_mtime_policy clamp_to_source_date_epoch' \
	--define '_buildhost swiftotp.invalid'
rpm: tree
	rm -rf $(PACKAGES)/*.rpm
	cd $(TREE) && rpmbuild -bb --nodeps --build-in-place $(RPMFLAGS) \
		--define '_topdir $(abspath $(PACKAGES))/rpm' packaging/rpm/swiftotp.spec

# Both kinds, one after the other: they are made in one tree.
packages:
	$(MAKE) deb
	$(MAKE) rpm

# A folder for a web server, from which apt and dnf install the packages: docs/REPOSITORY.md. What is
# already in REPO stays. KEY is the admin's own gpg key, and is checked before anything is built.
REPO = .build/repo
repo: key setup-repo deb rpm
	packaging/repo $(REPO) "$(KEY)" $(PACKAGES)/*.deb $(PACKAGES)/*.rpm

key:
	@packaging/repo --key "$(KEY)"

# MARK: The fleet

# The server and the agent of a fleet, in packages of their own: docs/FLEET.md. Nothing above includes
# any of it.
SBINDIR = $(PREFIX)/sbin
FLEETBIN = Fleet/.build/release
FLEETUNITS = swiftotp-server.service swiftotp-server-report.service swiftotp-server-report.timer \
	swiftotp-agent.service swiftotp-agent.socket swiftotpd.service.d/fleet.conf swiftotp-messenger.socket.d/fleet.conf \
	swiftotp-messenger.service.d/fleet.conf

fleet-install:
	@for file in swiftotp-server swiftotp-agent; do \
		[ -e "$(FLEETBIN)/$$file" ] || { echo "fleet-install: run \`make fleet-build\` first" >&2; exit 1; }; \
		$(INSTALL_PROGRAM) -D "$(FLEETBIN)/$$file" "$(DESTDIR)$(SBINDIR)/$$file" || exit 1; \
	done
	for unit in $(FLEETUNITS); do \
		sed 's|=/usr/sbin/|=$(SBINDIR)/|; s|=/usr/libexec/|=$(LIBEXECDIR)/|' \
			"packaging/fleet/systemd/$$unit" | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
	done
	for file in swiftotp-server swiftotp-agent; do \
		$(INSTALL_DATA) -D packaging/fleet/tmpfiles/$$file.conf $(DESTDIR)$(TMPFILESDIR)/$$file.conf && \
		$(INSTALL_DATA) -D packaging/fleet/sysusers/$$file.conf $(DESTDIR)$(SYSUSERSDIR)/$$file.conf && \
		{ echo "'\\\" t" && scdoc <"packaging/fleet/man/$$file.8.scd"; } | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$(MANDIR)/man8/$$file.8" || exit 1; \
	done
	set -e; completion() { \
		"$(FLEETBIN)/swiftotp-server" --generate-completion-script "$$1" | sed '1{/^#!/d}' | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$$2"; \
	}; \
	completion bash $(BASHDIR)/swiftotp-server; \
	completion zsh $(ZSHDIR)/_swiftotp-server; \
	completion fish $(FISHDIR)/swiftotp-server.fish

# As for `tree`.
FLEETTREE = $(PACKAGES)/swiftotp-fleet
fleet-tree: setup-fleet setup-packages fleet-build
	mkdir -p $(FLEETTREE)/Fleet/.build
	rsync -a --delete --exclude=/.git --filter=':- .gitignore' --filter='P .build' ./ $(FLEETTREE)/
	chmod -R u=rwX,go=rX $(FLEETTREE)
	epoch=$$(dpkg-parsechangelog -l packaging/debian/changelog -S Timestamp) && \
		find $(FLEETTREE) -exec touch -h -d "@$$epoch" {} +
	ln -sfn $(abspath $(FLEETBIN)) $(FLEETTREE)/$(FLEETBIN)

# One changelog serves both source packages.
fleet-deb: fleet-tree
	rm -rf $(FLEETTREE)/debian $(PACKAGES)/swiftotp-server_* $(PACKAGES)/swiftotp-agent_* \
		$(PACKAGES)/swiftotp-fleet_*
	cp -a $(FLEETTREE)/packaging/fleet/debian $(FLEETTREE)/debian
	sed 's/^swiftotp (/swiftotp-fleet (/' packaging/debian/changelog >$(FLEETTREE)/debian/changelog
	cd $(FLEETTREE) && dpkg-buildpackage -b -nc -us -uc -Ppkg.swiftotp.toolchain
	rm -rf $(FLEETTREE)/debian

fleet-rpm: fleet-tree
	rm -rf $(PACKAGES)/swiftotp-server-*.rpm $(PACKAGES)/swiftotp-agent-*.rpm
	cd $(FLEETTREE) && rpmbuild -bb --nodeps --build-in-place $(RPMFLAGS) \
		--define '_topdir $(abspath $(PACKAGES))/fleet-rpm' packaging/fleet/rpm/swiftotp-fleet.spec

# MARK: For another processor

# ARCH is Debian's name for it, SYSROOT the folder with its libraries and headers (by default this
# machine's, where Debian installs several architectures), and RUNTIME the lib/swift of the same Swift
# for that processor; see CONTRIBUTING.md.
ARCH =
SYSROOT =
RUNTIME =
MACHINE = $(shell uname -m)

ifneq ($(ARCH),)
MACHINE = $(patsubst arm64,aarch64,$(patsubst amd64,x86_64,$(ARCH)))
BIN = .build/$(ARCH)/release
PACKAGES = .build/$(ARCH)/packages
INSTALL = install --strip-program=$(MACHINE)-linux-gnu-strip
# Both in one folder, where swiftc looks for them. It cannot be /: Swift considers everything below it
# part of the system.
ROOT = $(CURDIR)/.build/$(ARCH)/sysroot
build: $(ROOT)
$(ROOT):
	mkdir -p $@/usr/lib
	ln -s usr/lib $@/lib
	ln -s $(SYSROOT)/usr/include $@/usr/include
	ln -s $(filter-out %/swift %/swift_static,$(wildcard $(SYSROOT)/usr/lib/*)) $@/usr/lib
	ln -s $(RUNTIME) $@/usr/lib/swift
	ln -s $(RUNTIME)_static $@/usr/lib/swift_static
# For Package.swift, which runs here.
export SWIFTOTP_MACHINE = $(MACHINE)
export SWIFTOTP_RUNTIME = $(ROOT)/usr/lib/swift
# swiftc does not tell its own linker where the libraries are.
RELEASE += --scratch-path .build/$(ARCH) --triple $(MACHINE)-unknown-linux-gnu --sdk $(ROOT) \
	-Xswiftc -sdk -Xswiftc $(ROOT) -Xswiftc -resource-dir -Xswiftc $(ROOT)/usr/lib/swift \
	-Xswiftc -Xclang-linker -Xswiftc --sysroot=$(ROOT)
PROGRAM += -Xswiftc -resource-dir -Xswiftc $(ROOT)/usr/lib/swift_static

# None of the packaged programs runs here. -d: dpkg would demand tools such as scdoc for the other
# processor too.
.PHONY: native
native:
	env -u SWIFTOTP_MACHINE -u SWIFTOTP_RUNTIME $(MAKE) command ARCH=
tree: native
deb: export ENROLL = $(CURDIR)/.build/release/otp-enroll
FOREIGN = -d -a$(ARCH)
# In the packages' tree, what was built is in the usual place.
WITHIN = env -u MAKEFLAGS DEB_BUILD_OPTIONS=nocheck
ifneq ($(filter rpm,$(MAKECMDGOALS)),)
$(error RPMs are made for this machine's processor alone)
endif
endif

# On arm64 pages have 4, 16 or 64 KB: the part that becomes read-only after the start must end on one of
# the largest, or it would not be protected.
ifeq ($(MACHINE),aarch64)
RELEASE += -Xlinker -z -Xlinker common-page-size=65536
endif
