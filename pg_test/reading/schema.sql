-- A hospital and the freight company that supplies it: what the questions of questions.jsonl are asked over.
-- Every row follows from its number, so that answers never change.
DROP SCHEMA IF EXISTS care CASCADE;
DROP SCHEMA IF EXISTS freight CASCADE;
CREATE SCHEMA care;
CREATE SCHEMA freight;

CREATE TABLE care.departments (
  dept_no integer PRIMARY KEY,
  dept_name text NOT NULL UNIQUE,
  floor integer NOT NULL,
  annual_budget numeric(12,2) NOT NULL
);
INSERT INTO care.departments VALUES
  (1, 'Cardiology', 3, 900000), (2, 'Oncology', 4, 1200000), (3, 'Pediatrics', 2, 650000),
  (4, 'Emergency', 1, 1500000), (5, 'Orthopedics', 2, 700000), (6, 'Radiology', 1, 480000);

CREATE TABLE care.doctors (
  doctor_id integer PRIMARY KEY,
  full_name text NOT NULL,
  dept_no integer NOT NULL REFERENCES care.departments,
  specialty text NOT NULL,
  sex text NOT NULL,
  hired_on date NOT NULL,
  salary numeric(10,2) NOT NULL,
  is_head boolean NOT NULL
);
INSERT INTO care.doctors
SELECT i, (ARRAY['Amara','Boris','Chen','Dalia','Emeka','Farah','Goran','Hana','Ivo','Jana'])[1 + i % 10] || ' ' ||
          (ARRAY['Okafor','Lindqvist','Moreau','Tanaka','Petrov','Haddad'])[1 + i % 6] || CASE WHEN i > 30 THEN ' Jr' ELSE '' END,
       1 + i % 6, (ARRAY['surgeon','internist','radiologist','pediatrician','anesthetist'])[1 + i % 5],
       CASE WHEN i % 3 = 0 THEN 'F' ELSE 'M' END, DATE '2012-01-15' + i * 101, 60000 + (i * 7919) % 90000, i <= 6
FROM generate_series(1, 42) i;

CREATE TABLE care.patients (
  patient_id integer PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  birth_date date NOT NULL,
  gender text NOT NULL,
  home_city text NOT NULL,
  country text NOT NULL,
  blood_type text,
  height_cm integer,
  weight_kg numeric(5,1),
  insured boolean NOT NULL,
  phone text
);
INSERT INTO care.patients
SELECT i, (ARRAY['Ada','Bruno','Carla','Dario','Elena','Felix','Greta','Hugo','Iris','Jonas','Katia','Leo'])[1 + i % 12],
       (ARRAY['Novak','Silva','Keller','Santos','Meyer','Rossi','Dubois'])[1 + i % 7],
       DATE '1940-03-02' + (i * 137) % 28000, CASE WHEN i % 2 = 0 THEN 'female' ELSE 'male' END,
       (ARRAY['Lisbon','Porto','Madrid','Turin','Lyon'])[1 + i % 5],
       (ARRAY['Portugal','Portugal','Spain','Italy','France'])[1 + i % 5],
       CASE WHEN i % 9 = 0 THEN NULL ELSE (ARRAY['A','B','AB','0'])[1 + i % 4] END,
       150 + (i * 13) % 45, 48 + (i * 17) % 60, i % 4 <> 0, CASE WHEN i % 5 = 0 THEN NULL ELSE '555-' || (1000 + i) END
FROM generate_series(1, 180) i;

CREATE TABLE care.wards (
  ward_id integer PRIMARY KEY,
  ward_name text NOT NULL,
  dept_no integer NOT NULL REFERENCES care.departments,
  bed_count integer NOT NULL
);
INSERT INTO care.wards
SELECT i, (ARRAY['North','South','East','West'])[1 + i % 4] || ' ' || (100 + i), 1 + i % 6, 8 + (i * 5) % 20 FROM generate_series(1, 12) i;

CREATE TABLE care.appointments (
  appointment_id integer PRIMARY KEY,
  patient_id integer NOT NULL REFERENCES care.patients,
  doctor_id integer NOT NULL REFERENCES care.doctors,
  scheduled_at timestamp NOT NULL,
  status text NOT NULL,
  reason text,
  duration_min integer NOT NULL,
  fee numeric(8,2) NOT NULL
);
INSERT INTO care.appointments
SELECT i, 1 + (i * 7) % 170, 1 + (i * 11) % 40, TIMESTAMP '2023-01-02 08:00' + (i * 31 % 800) * interval '1 day' + (i % 10) * interval '1 hour',
       (ARRAY['completed','completed','completed','cancelled','no show'])[1 + i % 5],
       CASE WHEN i % 8 = 0 THEN NULL ELSE (ARRAY['check-up','back pain','fever','follow-up visit','vaccination'])[1 + i % 5] END,
       15 * (1 + i % 4), 40 + (i * 37) % 160
FROM generate_series(1, 1500) i;

CREATE TABLE care.admissions (
  admission_id integer PRIMARY KEY,
  patient_id integer NOT NULL REFERENCES care.patients,
  ward_id integer NOT NULL REFERENCES care.wards,
  admitted_on date NOT NULL,
  discharged_on date,
  diagnosis text NOT NULL,
  severity text NOT NULL,
  total_charge numeric(10,2) NOT NULL
);
INSERT INTO care.admissions
SELECT i, 1 + (i * 13) % 150, 1 + (i * 5) % 12, DATE '2023-01-05' + (i * 29) % 795,
       CASE WHEN i % 11 = 0 THEN NULL ELSE DATE '2023-01-05' + (i * 29) % 795 + 1 + i % 14 END,
       (ARRAY['pneumonia','hip fracture','asthma','heart failure','appendicitis','migraine'])[1 + i % 6],
       (ARRAY['mild','moderate','severe','critical'])[1 + i % 4], 500 + (i * 271) % 9500
FROM generate_series(1, 600) i;

CREATE TABLE care.payments (
  payment_id integer PRIMARY KEY,
  admission_id integer NOT NULL REFERENCES care.admissions,
  paid_on date NOT NULL,
  method text NOT NULL,
  amount numeric(10,2) NOT NULL
);
INSERT INTO care.payments
SELECT i, 1 + (i * 3) % 600, DATE '2023-01-10' + (i * 29) % 795, (ARRAY['card','cash','transfer','insurance'])[1 + i % 4], 100 + (i * 53) % 900
FROM generate_series(1, 1200) i;

CREATE TABLE freight.depots (
  depot_id integer PRIMARY KEY,
  depot_name text NOT NULL UNIQUE,
  region text NOT NULL,
  capacity integer NOT NULL,
  opened_year integer NOT NULL
);
INSERT INTO freight.depots VALUES
  (1, 'Harbor', 'North', 900, 1998), (2, 'Hillside', 'South', 450, 2005), (3, 'Junction', 'North', 1200, 2011),
  (4, 'Lakeside', 'East', 300, 2005), (5, 'Prairie', 'West', 750, 2018);

CREATE TABLE freight.carriers (
  carrier_id integer PRIMARY KEY,
  carrier_name text NOT NULL,
  mode text NOT NULL,
  rating numeric(3,1)
);
INSERT INTO freight.carriers VALUES
  (1, 'BlueLine', 'road', 4.2), (2, 'Cargonaut', 'air', 3.8), (3, 'DeltaRail', 'rail', 4.7), (4, 'Evermove', 'road', NULL);

CREATE TABLE freight.shipments (
  shipment_id integer PRIMARY KEY,
  carrier_id integer NOT NULL REFERENCES freight.carriers,
  origin_depot_id integer NOT NULL REFERENCES freight.depots,
  destination_depot_id integer NOT NULL REFERENCES freight.depots,
  shipped_on date NOT NULL,
  delivered_on date,
  weight_kg numeric(8,1) NOT NULL,
  freight_cost numeric(9,2) NOT NULL,
  priority text NOT NULL,
  insured char(1) NOT NULL
);
INSERT INTO freight.shipments
SELECT i, 1 + i % 4, 1 + i % 5, 1 + (i * 3 + 1) % 5, DATE '2023-01-01' + (i * 17) % 804,
       CASE WHEN i % 13 = 0 THEN NULL ELSE DATE '2023-01-01' + (i * 17) % 804 + 1 + i % 9 END,
       20 + (i * 43) % 980, 75 + (i * 67) % 1400, (ARRAY['standard','express','overnight'])[1 + i % 3], CASE WHEN i % 3 = 0 THEN 'Y' ELSE 'N' END
FROM generate_series(1, 800) i;

CREATE TABLE freight.parcels (
  parcel_id integer PRIMARY KEY,
  shipment_id integer NOT NULL REFERENCES freight.shipments,
  category text NOT NULL,
  quantity integer NOT NULL,
  declared_value numeric(9,2) NOT NULL,
  fragile boolean NOT NULL
);
INSERT INTO freight.parcels
SELECT i, 1 + i % 800, (ARRAY['medicine','instruments','linen','food'])[1 + i % 4], 1 + i % 12, 25 + (i * 91) % 2000, i % 6 = 0
FROM generate_series(1, 2400) i;

ANALYZE;
